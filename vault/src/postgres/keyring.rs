//! Which key-encryption keys are in use, and how everything comes under the current one. For the operator, as the owner.

use std::sync::Arc;

use database::Pool;
use kernel::MemberId;
use uuid::Uuid;

use super::{classify::failed, store::Store};
use crate::{Kek, KekFault, Purpose, VaultError, Wrapped};

/// How many keys one key-encryption key wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCount {
    /// Its id.
    pub kek: String,
    /// How many data keys; the vault's own secret counts as one.
    pub wrapped: i64,
}

/// What a batch of rewrapping did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many keys were wrapped again.
    pub count: u64,
    /// Where to go on; nothing if this was the last batch.
    pub last: Option<MemberId>,
}

/// The wrapped keys, all of them.
pub struct Keyring {
    store: Store,
}

impl Keyring {
    /// Behind these connections, of the owner of the vault.
    pub fn new(pool: Pool, kek: Arc<dyn Kek>) -> Self {
        Self { store: Store::new(pool, kek) }
    }

    /// How many keys each key-encryption key wraps.
    pub async fn count(&self) -> Result<Vec<KeyCount>, VaultError> {
        sqlx::query_as!(
            KeyCount,
            r#"select kek as "kek!", count(*) as "wrapped!"
               from (select kek from vault.data_keys union all select kek from vault.secret) as keys
               group by kek order by kek"#
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)
    }

    /// Whether each key-encryption key that is in use opens what it wrapped: one key of each is tried.
    pub async fn check(&self) -> Result<Vec<(KeyCount, Result<(), KekFault>)>, VaultError> {
        let mut checked = Vec::new();
        for count in self.count().await? {
            let opened = self.try_one(&count.kek).await?;
            checked.push((count, opened));
        }
        Ok(checked)
    }

    async fn try_one(&self, kek: &str) -> Result<Result<(), KekFault>, VaultError> {
        let row = sqlx::query!(
            r#"select member_id as "member_id?", wrapped as "wrapped!"
               from (select null::uuid as member_id, kek, wrapped from vault.secret
                     union all select member_id, kek, wrapped from vault.data_keys) as keys
               where kek = $1 limit 1"#,
            kek
        )
        .fetch_optional(&self.store.pool)
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(Ok(())) };
        let purpose = row.member_id.map_or(Purpose::Names, |member| Purpose::Member(MemberId::new(member)));
        let wrapped = Wrapped { kek: kek.to_owned(), text: row.wrapped };
        Ok(self.store.kek.unwrap(purpose, &wrapped).await.map(drop).map_err(KekFault::of))
    }

    /// Wraps the vault's own secret with the current key-encryption key, if it is wrapped with another.
    pub async fn rewrap_secret(&self, current: &str) -> Result<u64, VaultError> {
        let old =
            sqlx::query_as!(Wrapped, r#"select kek, wrapped as "text" from vault.secret where kek <> $1"#, current)
                .fetch_optional(&self.store.pool)
                .await
                .map_err(failed)?;
        let Some(old) = old else { return Ok(0) };
        let new = self.rewrapped(Purpose::Names, &old).await?;
        let done = sqlx::query!(
            "update vault.secret set kek = $1, wrapped = $2 where wrapped = $3",
            new.kek,
            new.text,
            old.text
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected())
    }

    /// Wraps the next data keys after a member that are not under the current key-encryption key. It may be broken off and
    /// begun again at any time: what is done is done.
    pub async fn rewrap(&self, current: &str, after: Option<MemberId>, limit: i64) -> Result<Rewrapped, VaultError> {
        let rows = sqlx::query!(
            "select member_id, kek, wrapped from vault.data_keys
             where member_id > $1 and kek <> $2 order by member_id limit $3",
            after.map_or(Uuid::nil(), MemberId::uuid),
            current,
            limit
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        let last = rows.last().map(|row| MemberId::new(row.member_id));
        let mut count = 0;
        for row in rows {
            let old = Wrapped { kek: row.kek, text: row.wrapped };
            count += self.rewrap_one(MemberId::new(row.member_id), &old).await?;
        }
        Ok(Rewrapped { count, last })
    }

    /// Only if it is still there as it was: a key that was destroyed meanwhile stays destroyed.
    async fn rewrap_one(&self, member: MemberId, old: &Wrapped) -> Result<u64, VaultError> {
        let new = self.rewrapped(Purpose::Member(member), old).await?;
        let done = sqlx::query!(
            "update vault.data_keys set kek = $2, wrapped = $3 where member_id = $1 and wrapped = $4",
            member.uuid(),
            new.kek,
            new.text,
            old.text
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected())
    }

    /// Opened and wrapped again. The transit engine has a call of its own for that, but it takes no associated data.
    async fn rewrapped(&self, purpose: Purpose, old: &Wrapped) -> Result<Wrapped, VaultError> {
        let key = self.store.kek.unwrap(purpose, old).await?;
        Ok(self.store.kek.wrap(purpose, &key).await?)
    }
}
