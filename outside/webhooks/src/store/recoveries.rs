//! What is read again for a webhook.

use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::{CommitRef, Position, WebhookId};

use super::{
    base::{Store, StoreError, commit},
    deliveries::{Known, NewDelivery, insert},
};

/// A part of the log that is read again for a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The webhook.
    pub webhook: WebhookId,
    /// Where it was asked for: it is read up to there.
    pub asked: Position,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whether `reached` says where to go on; else the place has to be found.
    pub begun: bool,
    /// Up to this commit it was read; none at the beginning of the log.
    pub reached: Option<CommitRef>,
}

impl Store {
    /// The one that has waited longest.
    pub async fn next_recovery(&self) -> Result<Option<Recovery>, StoreError> {
        let row = sqlx::query!(
            "select webhook_id, asked, since, begun, position, command_id, recorded_at
             from webhooks.recoveries order by asked limit 1"
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| Recovery {
            webhook: WebhookId::new(row.webhook_id),
            asked: Position::new(row.asked),
            since: row.since,
            begun: row.begun,
            reached: commit(row.position, row.command_id, row.recorded_at),
        }))
    }

    /// Makes what was found in a part of it, and remembers how far it was read.
    pub async fn go_on_with(
        &self,
        epoch: i64,
        recovery: &Recovery,
        found: &[NewDelivery],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(epoch).await?;
        if !found.is_empty() {
            insert(&mut transaction, found, Known::IsRevived, now).await?;
        }
        sqlx::query!(
            "update webhooks.recoveries set begun = $3, position = $4, command_id = $5, recorded_at = $6
             where webhook_id = $1 and asked = $2",
            recovery.webhook.uuid(),
            recovery.asked.number(),
            recovery.begun,
            recovery.reached.map_or(0, |commit| commit.position.number()),
            recovery.reached.map(|commit| commit.command_id.uuid()),
            recovery.reached.map(|commit| commit.recorded_at)
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// It is done.
    pub async fn end_recovery(&self, epoch: i64, recovery: &Recovery) -> Result<(), StoreError> {
        let mut transaction = self.begin(epoch).await?;
        sqlx::query!(
            "delete from webhooks.recoveries where webhook_id = $1 and asked = $2",
            recovery.webhook.uuid(),
            recovery.asked.number()
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

pub(super) async fn begin_recovery(
    transaction: &mut Transaction<'static>,
    webhook: WebhookId,
    since: DateTime<Utc>,
    asked: Position,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into webhooks.recoveries (webhook_id, since, asked) values ($1, $2, $3) on conflict do nothing",
        webhook.uuid(),
        since,
        asked.number()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
