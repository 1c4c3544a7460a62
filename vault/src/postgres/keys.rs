//! The members' data keys.

use async_trait::async_trait;
use kernel::MemberId;

use super::{PostgresVault, classify::failed};
use crate::{DataKey, Keys, Names, Purpose, VaultError};

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
        match made.rows_affected() {
            // Another was faster, or the member was erased.
            0 => self.store.key(member).await?.ok_or(VaultError::Erased),
            _ => Ok(fresh),
        }
    }

    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError> {
        self.store.key(member).await
    }
}
