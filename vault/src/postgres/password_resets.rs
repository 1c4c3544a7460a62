//! Password resets.

use async_trait::async_trait;
use kernel::{ConsistencyToken, MemberId};
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::failed,
    revocations::{Lasting, revoke},
    store::lock_member,
};
use crate::{PasswordResets, VaultError};

#[async_trait]
impl PasswordResets for PostgresVault {
    async fn note_reset(&self, reset: Uuid, origin: Option<Uuid>) -> Result<(), VaultError> {
        sqlx::query!(
            "insert into vault.password_resets (reset, origin) values ($1, $2) on conflict (reset) do nothing",
            reset,
            origin
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn reset_origin(&self, reset: Uuid) -> Result<Option<Uuid>, VaultError> {
        let origin = sqlx::query_scalar!("select origin from vault.password_resets where reset = $1", reset)
            .fetch_optional(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(origin.flatten())
    }

    async fn settle_reset(
        &self,
        password: Uuid,
        member: MemberId,
        since: ConsistencyToken,
    ) -> Result<Vec<Uuid>, VaultError> {
        let mut transaction = self.store.begin().await?;
        // Without a data key the member was erased meanwhile, and the password with them.
        lock_member(&mut transaction, member).await?;
        let settled = sqlx::query!(
            "with kept as (delete from vault.pending_passwords where sign_up = $1 and member_id = $2 returning hash)
             update vault.credentials as now set hash = kept.hash, since_log = $3, since_position = $4 from kept
             where now.member_id = $2 and (now.since_log is distinct from $3 or now.since_position <= $4)",
            password,
            member.uuid(),
            since.log.uuid(),
            since.position.number()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if settled.rows_affected() > 0 {
            let ended = sqlx::query_scalar!(
                "update vault.sessions set ended_at = clock_timestamp()
                 where member_id = $1 and ended_at is null returning session_id",
                member.uuid()
            )
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
            revoke(&mut transaction, &ended, Lasting::AccessTokens).await?;
            sqlx::query!("delete from vault.known_networks where member_id = $1", member.uuid())
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        let ended = sqlx::query_scalar!(
            "select session_id from vault.sessions where member_id = $1 and ended_at is not null",
            member.uuid()
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(ended)
    }
}
