//! What is counted, and what is forgotten.

use chrono::{DateTime, Utc};

use super::base::{Store, StoreError};

/// Deliveries that are forgotten with one statement.
const FORGETS: i64 = 5_000;

/// What is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// How many deliveries.
    pub pending: i64,
    /// How many of them have failed before.
    pub failing: i64,
    /// Since when the oldest waits that was never tried.
    pub oldest: Option<DateTime<Utc>>,
}

impl Store {
    /// What is pending, of webhooks that are served.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let row = sqlx::query!(
            r#"select count(*) as "pending!", count(*) filter (where tries > 0) as "failing!",
                   min(created_at) filter (where tries = 0) as oldest
               from webhooks.deliveries where status = 'pending'"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Backlog { pending: row.pending, failing: row.failing, oldest: row.oldest })
    }

    /// Forgets deliveries that were settled before then. Whether there may be more.
    pub async fn forget(&self, epoch: i64, before: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut transaction = self.begin(epoch).await?;
        let done = sqlx::query!(
            "delete from webhooks.deliveries where delivery_id in (
                select delivery_id from webhooks.deliveries where status <> 'pending' and settled_at < $1 limit $2
             )",
            before,
            FORGETS
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == FORGETS.unsigned_abs())
    }
}
