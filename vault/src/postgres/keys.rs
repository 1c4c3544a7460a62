//! The members' data keys.

use async_trait::async_trait;
use kernel::MemberId;

use super::{PostgresVault, classify::failed};
use crate::{DataKey, KekError, Keys, Names, Purpose, VaultError};

#[async_trait]
impl Keys for PostgresVault {
    fn names(&self) -> &Names {
        &self.names
    }

    async fn make_key(&self, member: MemberId) -> Result<DataKey, VaultError> {
        if let Some(key) = self.store.key(member).await? {
            return Ok(key);
        }
        let fresh = DataKey::generate()?;
        match self.keep_key(member, &fresh, false).await? {
            // Another was faster, or the member was erased.
            0 => self.store.key(member).await?.ok_or(VaultError::Erased),
            _ => Ok(fresh),
        }
    }

    async fn owner_key(&self, owner: MemberId) -> Result<DataKey, VaultError> {
        let key = self.make_key(owner).await?;
        // The sweep deletes keys of sign-ups that came to nothing: this is none.
        let query = sqlx::query!(
            "update vault.data_keys set settled = true where member_id = $1 and not settled",
            owner.uuid()
        );
        query.execute(&self.store.pool).await.map_err(failed)?;
        Ok(key)
    }

    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError> {
        self.store.key(member).await
    }
}

/// How often a fresh key is wrapped: the key-encryption key may be retired between the wrapping and the row.
const WRAPS: u32 = 3;

impl PostgresVault {
    /// A key that belongs to no sign-up: it is kept for good from the beginning.
    pub(super) async fn make_settled_key(&self, id: MemberId) -> Result<DataKey, VaultError> {
        let fresh = DataKey::generate()?;
        match self.keep_key(id, &fresh, true).await? {
            // Another was faster.
            0 => self.store.key(id).await?.ok_or(VaultError::Erased),
            _ => Ok(fresh),
        }
    }

    /// Wraps a fresh key and keeps it; how many rows were made.
    async fn keep_key(&self, member: MemberId, fresh: &DataKey, settled: bool) -> Result<u64, VaultError> {
        let mut kept = self.try_to_keep(member, fresh, settled).await;
        for _ in 1..WRAPS {
            if !kept.as_ref().is_err_and(|error| matches!(error.of_kek(), Some(KekError::Retired))) {
                break;
            }
            kept = self.try_to_keep(member, fresh, settled).await;
        }
        kept
    }

    /// The same, with the key-encryption key that is current now.
    async fn try_to_keep(&self, member: MemberId, fresh: &DataKey, settled: bool) -> Result<u64, VaultError> {
        let wrapped = self.store.kek.wrap(Purpose::Member(member), fresh.expose()).await?;
        let made = sqlx::query!(
            "insert into vault.data_keys (member_id, kek, wrapped, settled)
             select $1, $2, $3, $4 where not exists (select from vault.certificates where member_id = $1)
             on conflict (member_id) do nothing",
            member.uuid(),
            wrapped.kek,
            wrapped.text,
            settled
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(made.rows_affected())
    }
}
