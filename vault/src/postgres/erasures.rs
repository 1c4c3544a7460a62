//! Erasing members.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::MemberId;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::failed,
    key_epochs::key_epochs,
    revocations::{Lasting, revoke},
    store::lock_member,
};
use crate::{Certificate, Erasures, KeyEpoch, VaultError};

#[async_trait]
impl Erasures for PostgresVault {
    async fn erase(
        &self,
        erasure: Uuid,
        member: MemberId,
        requested_by: &str,
        requested_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Certificate, VaultError> {
        if let Some(kept) = self.kept(member).await? {
            return Ok(kept);
        }
        let mut transaction = self.store.begin().await?;
        lock_member(&mut transaction, member).await?;
        let epochs = epochs_of(&mut transaction, member).await?;
        let destroyed = destroy(&mut transaction, member).await?;
        let certified = sqlx::query_as!(
            Row,
            r#"insert into vault.certificates (erasure_id, member_id, requested_by, requested_at, erased_at, destroyed, key_epochs)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
               returning erasure_id, member_id, requested_by, requested_at, erased_at, key_epochs,
                   destroyed as "destroyed: Json<Vec<(String, u64)>>""#,
            erasure,
            member.uuid(),
            requested_by,
            requested_at,
            now,
            Json(destroyed) as _,
            &epochs
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let Some(row) = certified else {
            // Another server has just done it, or this erasure was another member's.
            transaction.rollback().await.map_err(failed)?;
            return self.kept(member).await?.ok_or(VaultError::Erased);
        };
        revoke(&mut transaction, &[member.uuid()], Lasting::Forever).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(row.into())
    }

    async fn destroy_again(&self, member: MemberId) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        lock_member(&mut transaction, member).await?;
        let destroyed = destroy(&mut transaction, member).await?;
        // The backup may be older than the revocation, too.
        revoke(&mut transaction, &[member.uuid()], Lasting::Forever).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(destroyed.iter().any(|(_, count)| *count > 0))
    }

    async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, VaultError> {
        let row = sqlx::query_as!(
            Row,
            r#"select erasure_id, member_id, requested_by, requested_at, erased_at, key_epochs,
                   destroyed as "destroyed: Json<Vec<(String, u64)>>"
               from vault.certificates where erasure_id = $1"#,
            erasure
        )
        .fetch_optional(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(row.map(Into::into))
    }

    async fn key_epochs(&self) -> Result<Vec<KeyEpoch>, VaultError> {
        key_epochs(&self.store.pool).await
    }
}

impl PostgresVault {
    /// The certificate of a member's erasure.
    async fn kept(&self, member: MemberId) -> Result<Option<Certificate>, VaultError> {
        let row = sqlx::query_as!(
            Row,
            r#"select erasure_id, member_id, requested_by, requested_at, erased_at, key_epochs,
                   destroyed as "destroyed: Json<Vec<(String, u64)>>"
               from vault.certificates where member_id = $1"#,
            member.uuid()
        )
        .fetch_optional(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(row.map(Into::into))
    }
}

/// Which epochs may have wrapped a member's data key and still have their key: those that were not retired before the data key was
/// made, up to the one that wraps it now. If there is no data key any more, all are named.
async fn epochs_of(transaction: &mut Transaction<'static>, member: MemberId) -> Result<Vec<i64>, VaultError> {
    sqlx::query_scalar!(
        "select e.epoch from vault.key_epochs e
         left join vault.data_keys k on k.member_id = $1
         left join vault.key_epochs own on own.kek = k.kek
         where e.destroyed_at is null
           and (e.inherited or e.retired_at is null or k.made_at is null or e.retired_at >= k.made_at)
           and (e.inherited or own.epoch is null or e.epoch <= own.epoch)
         order by e.epoch",
        member.uuid()
    )
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)
}

/// Destroys everything of a member; what, and how many of each.
async fn destroy(transaction: &mut Transaction<'static>, member: MemberId) -> Result<Vec<(String, u64)>, VaultError> {
    let id = member.uuid();
    // What hangs on the data key goes first, for the sake of counting; the key itself would take it along.
    let credentials = sqlx::query!("delete from vault.credentials where member_id = $1", id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let pending = sqlx::query!("delete from vault.pending_passwords where member_id = $1", id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let sessions = sqlx::query!("delete from vault.sessions where member_id = $1", id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let messages = sqlx::query!("delete from vault.messages where member_id = $1", id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    // With them go the pushes that wait. Preferences, and what is kept of commands, hang on the data key.
    let devices = sqlx::query!("delete from vault.devices where member_id = $1", id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let keys = sqlx::query!("delete from vault.data_keys where member_id = $1", id)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    let counts = [
        ("data key", keys.rows_affected()),
        ("credential", credentials.rows_affected() + pending.rows_affected()),
        ("sessions", sessions.rows_affected()),
        ("messages", messages.rows_affected()),
        ("devices", devices.rows_affected()),
    ];
    Ok(counts.map(|(what, count)| (what.to_owned(), count)).to_vec())
}

struct Row {
    erasure_id: Uuid,
    member_id: Uuid,
    requested_by: String,
    requested_at: DateTime<Utc>,
    erased_at: DateTime<Utc>,
    destroyed: Json<Vec<(String, u64)>>,
    key_epochs: Option<Vec<i64>>,
}

impl From<Row> for Certificate {
    fn from(row: Row) -> Self {
        Self {
            erasure_id: row.erasure_id,
            member_id: MemberId::new(row.member_id),
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            erased_at: row.erased_at,
            destroyed: row.destroyed.0,
            key_epochs: row.key_epochs,
        }
    }
}
