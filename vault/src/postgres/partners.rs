//! Keys of partners that were revoked, and quotas.

use async_trait::async_trait;
use database::Pool;
use kernel::{PartnerId, PartnerKeyId, Position};

use super::{
    PostgresVault,
    classify::failed,
    revocations::{Lasting, revoke},
};
use crate::{PartnerQuota, Partners, VaultError};

#[async_trait]
impl Partners for PostgresVault {
    async fn revoke_key(&self, key: PartnerKeyId) -> Result<(), VaultError> {
        let mut transaction = self.store.begin().await?;
        // The log gives no token for it any more; those that were given live for minutes.
        revoke(&mut transaction, &[key.uuid()], Lasting::AccessTokens).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn keep_quota(&self, partner: PartnerId, quota: PartnerQuota, position: Position) -> Result<(), VaultError> {
        sqlx::query!(
            "insert into vault.partner_quotas (partner_id, requests_per_second, burst, position) values ($1, $2, $3, $4)
             on conflict (partner_id) do update
             set requests_per_second = excluded.requests_per_second, burst = excluded.burst, position = excluded.position
             where partner_quotas.position < excluded.position",
            partner.uuid(),
            quota.requests_per_second.map(i64::from),
            quota.burst.map(i64::from),
            position.number(),
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }
}

/// The quotas that were set, of every partner.
pub(super) async fn quotas(pool: &Pool) -> Result<Vec<(PartnerId, PartnerQuota)>, VaultError> {
    let rows = sqlx::query!("select partner_id, requests_per_second, burst from vault.partner_quotas")
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    let quotas = rows.into_iter().map(|row| {
        let quota = PartnerQuota { requests_per_second: number(row.requests_per_second), burst: number(row.burst) };
        (PartnerId::new(row.partner_id), quota)
    });
    Ok(quotas.collect())
}
