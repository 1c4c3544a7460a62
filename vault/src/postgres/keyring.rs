//! Which key-encryption keys are in use, and how everything comes under the current one. For the operator, as the owner.

use std::sync::Arc;

use database::Pool;
use kernel::MemberId;
use uuid::Uuid;

use super::{classify::failed, store::Store};
use crate::{Kek, KekError, KekFault, Purpose, VaultError, Wrapped};

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
    /// How many do not open, and stay as they are: their key-encryption key is lost or destroyed, as after the restore of a backup
    /// that is too old. Their members' data cannot be read any more.
    pub lost: u64,
    /// Where to go on; nothing if this was the last batch.
    pub last: Option<MemberId>,
}

/// The wrapped keys, all of them, and the epochs of the keys that wrap them.
pub struct Keyring {
    pub(super) store: Store,
}

/// Rows wrapped again before the next ones are read.
const BATCH: i64 = 200;

impl Keyring {
    /// Behind these connections, of the owner of the vault or of the command server.
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
        Ok(self.store.kek.unwrap(purpose, &wrapped).await.map(drop).map_err(|error| self.store.fault(error)))
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
        let done =
            sqlx::query_scalar!(r#"select vault.rewrap_secret($1, $2, $3) as "changed!""#, old.text, new.kek, new.text)
                .fetch_one(&self.store.pool)
                .await
                .map_err(failed)?;
        Ok(done.unsigned_abs())
    }

    /// Wraps everything with the current key-encryption key, while servers run. `progress` is told after each batch how many keys
    /// were wrapped so far.
    pub async fn rewrap_all(&self, current: &str, mut progress: impl FnMut(u64)) -> Result<Rewrapped, VaultError> {
        let mut all = Rewrapped { count: self.rewrap_secret(current).await?, lost: 0, last: None };
        loop {
            let batch = self.rewrap(current, all.last, BATCH).await?;
            all.count += batch.count;
            all.lost += batch.lost;
            if batch.last.is_none() {
                return Ok(all);
            }
            all.last = batch.last;
            progress(all.count);
        }
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
        let (mut count, mut lost) = (0, 0);
        for row in rows {
            let old = Wrapped { kek: row.kek, text: row.wrapped };
            match self.rewrap_one(MemberId::new(row.member_id), &old).await {
                Ok(done) => count += done,
                Err(error) if is_lost(&error) => lost += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(Rewrapped { count, lost, last })
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

/// Whether a wrapped key will never open here.
fn is_lost(error: &VaultError) -> bool {
    matches!(error, VaultError::Unwrap) || matches!(error.of_kek(), Some(KekError::Unknown(_)))
}
