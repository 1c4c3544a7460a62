//! What the command server's and the query server's vault share: connections, and the wrapping of keys.

use std::sync::Arc;

use database::{Pool, Transaction};
use futures::{StreamExt, TryStreamExt, stream};
use kernel::MemberId;
use tokio::sync::Mutex;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::classify::failed;
use crate::{DataKey, Kek, KekError, KekFault, Purpose, VaultError, Wrapped};

/// How many keys are unwrapped at once: a remote holder of the key-encryption key is asked for each.
const AT_ONCE: usize = 16;

#[derive(Clone)]
pub(super) struct Store {
    pub pool: Pool,
    pub kek: Arc<dyn Kek>,
    /// See [`super::reader_locks::wait_for_readers`].
    pub read_by_all: Arc<Mutex<i64>>,
}

impl Store {
    pub fn new(pool: Pool, kek: Arc<dyn Kek>) -> Self {
        Self { pool, kek, read_by_all: Arc::default() }
    }

    pub async fn begin(&self) -> Result<Transaction<'static>, VaultError> {
        self.pool.begin().await.map_err(failed)
    }

    /// The data key of a member, if there is one.
    pub async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError> {
        let row = sqlx::query_as!(
            Wrapped,
            r#"select kek, wrapped as "text" from vault.data_keys where member_id = $1"#,
            member.uuid()
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        match row {
            Some(wrapped) => Ok(Some(self.opened(member, &wrapped).await?)),
            None => Ok(None),
        }
    }

    /// The data keys of several members, of those that have one.
    pub async fn keys(&self, members: &[MemberId]) -> Result<Vec<(MemberId, DataKey)>, VaultError> {
        let members: Vec<Uuid> = members.iter().map(|member| member.uuid()).collect();
        let rows =
            sqlx::query!("select member_id, kek, wrapped from vault.data_keys where member_id = any($1)", &members)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        let opened = rows.into_iter().map(|row| async move {
            let member = MemberId::new(row.member_id);
            let wrapped = Wrapped { kek: row.kek, text: row.wrapped };
            Ok((member, self.opened(member, &wrapped).await?))
        });
        stream::iter(opened).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn opened(&self, member: MemberId, wrapped: &Wrapped) -> Result<DataKey, VaultError> {
        Ok(DataKey::from_bytes(self.kek.unwrap(Purpose::Member(member), wrapped).await?))
    }

    /// What an error of the key-encryption key means.
    pub fn fault(&self, error: KekError) -> KekFault {
        KekFault::of(error, self.kek.is_remote())
    }

    /// See [`super::VaultReader::check_kek`].
    pub async fn check_kek(&self) -> Result<(), KekFault> {
        self.kek.check().await.map_err(|error| self.fault(error))?;
        let rows = sqlx::query!(
            r#"(select member_id as "member_id!", kek as "kek!", wrapped as "wrapped!"
                from vault.data_keys order by member_id limit 1)
               union
               (select member_id, kek, wrapped from vault.data_keys order by member_id desc limit 1)"#
        )
        .fetch_all(&self.pool)
        .await;
        let mut fault = Ok(());
        // Another check finds out that the database is away.
        for row in rows.unwrap_or_default() {
            let wrapped = Wrapped { kek: row.kek, text: row.wrapped };
            match self.kek.unwrap(Purpose::Member(MemberId::new(row.member_id)), &wrapped).await {
                // One that does not open may be damaged, or of a key that was given up too early: `doctor` says so.
                Ok(_) => return Ok(()),
                Err(error) => fault = Err(self.fault(error)),
            }
        }
        fault
    }

    /// The secret behind keyed hashes, made if there is none.
    pub async fn secret(&self) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let wrapped = match self.wrapped_secret().await? {
            Some(wrapped) => wrapped,
            None => {
                self.make_secret().await?;
                self.wrapped_secret().await?.ok_or(VaultError::Unwrap)?
            }
        };
        Ok(self.kek.unwrap(Purpose::Names, &wrapped).await?)
    }

    async fn wrapped_secret(&self) -> Result<Option<Wrapped>, VaultError> {
        sqlx::query_as!(Wrapped, r#"select kek, wrapped as "text" from vault.secret"#)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)
    }

    /// The first server's secret is the secret.
    async fn make_secret(&self) -> Result<(), VaultError> {
        let fresh = DataKey::generate()?;
        let wrapped = self.kek.wrap(Purpose::Names, fresh.expose()).await?;
        sqlx::query!(
            "insert into vault.secret (kek, wrapped) values ($1, $2) on conflict (singleton) do nothing",
            wrapped.kek,
            wrapped.text
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }
}

/// Locks what is there of a member until the transaction ends; whether there is a data key. A transaction that changes several rows
/// of a member locks here first, so that nobody waits for another in a ring.
pub(super) async fn lock_member(transaction: &mut Transaction<'static>, member: MemberId) -> Result<bool, VaultError> {
    let found = sqlx::query_scalar!(
        r#"select true as "found!" from vault.data_keys where member_id = $1 for update"#,
        member.uuid()
    )
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(found.is_some())
}
