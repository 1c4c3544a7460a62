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
        match self.keep_key(member, &fresh).await? {
            // Another was faster, or the member was erased.
            0 => self.store.key(member).await?.ok_or(VaultError::Erased),
            _ => Ok(fresh),
        }
    }

    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError> {
        self.store.key(member).await
    }
}

/// How often a fresh key is wrapped: the key-encryption key may be retired between the wrapping and the row.
const WRAPS: u32 = 3;

impl PostgresVault {
    /// Wraps a fresh key and keeps it; how many rows were made.
    async fn keep_key(&self, member: MemberId, fresh: &DataKey) -> Result<u64, VaultError> {
        let mut kept = self.try_to_keep(member, fresh).await;
        for _ in 1..WRAPS {
            if !kept.as_ref().is_err_and(|error| matches!(error.of_kek(), Some(KekError::Retired))) {
                break;
            }
            kept = self.try_to_keep(member, fresh).await;
        }
        kept
    }

    /// The same, with the key-encryption key that is current now.
    async fn try_to_keep(&self, member: MemberId, fresh: &DataKey) -> Result<u64, VaultError> {
        let wrapped = self.store.kek.wrap(Purpose::Member(member), fresh.expose()).await?;
        let made = sqlx::query!(
            "insert into vault.data_keys (member_id, kek, wrapped)
             select $1, $2, $3 where not exists (select from vault.certificates where member_id = $1)
             on conflict (member_id) do nothing",
            member.uuid(),
            wrapped.kek,
            wrapped.text
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(made.rows_affected())
    }
}
