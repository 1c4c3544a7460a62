//! Access tokens that count no more.

use std::time::Duration;

use async_trait::async_trait;
use database::Transaction;
use kernel::MemberId;
use sqlx::{Executor, Postgres};
use uuid::Uuid;

use super::{PostgresVault, classify::failed, reader_locks::wait_for_readers};
use crate::{Revocation, Revocations, VaultError};

/// How long a revocation is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// As long as any access token of the session may live. They live for minutes; a day is beyond doubt.
    AccessTokens,
    /// A member's tokens may come from elsewhere, and live for years.
    Forever,
}

/// Held while revocations are inserted, until the commit: without it a reader could see a serial before a lower one.
const IN_ORDER: i64 = 0x7265_766f_6b65;

#[async_trait]
impl Revocations for PostgresVault {
    async fn revoke_member(&self, member: MemberId) -> Result<(), VaultError> {
        let mut transaction = self.store.begin().await?;
        revoke(&mut transaction, &[member.uuid()], Lasting::Forever).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn revoke_everywhere(&self, member: MemberId, limit: Duration) -> Result<bool, VaultError> {
        self.revoke_member(member).await?;
        self.known_everywhere(limit).await
    }

    async fn known_everywhere(&self, limit: Duration) -> Result<bool, VaultError> {
        wait_for_readers(&self.store.pool, &self.store.read_by_all, limit).await
    }

    async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError> {
        revoked_after(&self.store.pool, serial).await
    }
}

/// Revokes, as the last thing a transaction does before it commits: the lock is for all of the vault.
pub(super) async fn revoke(
    transaction: &mut Transaction<'static>,
    subjects: &[Uuid],
    lasting: Lasting,
) -> Result<(), VaultError> {
    if subjects.is_empty() {
        return Ok(());
    }
    sqlx::query!("select pg_advisory_xact_lock($1)", IN_ORDER).execute(&mut **transaction).await.map_err(failed)?;
    sqlx::query!(
        "insert into vault.revocations (subject, until)
         select subject, case when $2 then null else clock_timestamp() + interval '1 day' end
         from unnest($1::uuid[]) as wanted (subject)
         where not exists (select from vault.revocations r where r.subject = wanted.subject)",
        subjects,
        lasting == Lasting::Forever
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// What was revoked after a serial and still matters.
pub(super) async fn revoked_after(
    executor: impl Executor<'_, Database = Postgres>,
    serial: i64,
) -> Result<Vec<Revocation>, VaultError> {
    sqlx::query_as!(
        Revocation,
        "select serial, subject from vault.revocations
         where serial > $1 and (until is null or until > clock_timestamp()) order by serial",
        serial
    )
    .fetch_all(executor)
    .await
    .map_err(failed)
}
