//! What attempts came to.

use chrono::{DateTime, Utc};
use kernel::{DeliveryId, WebhookId};
use serde::Serialize;
use uuid::Uuid;

use super::{
    base::{Store, StoreError},
    deliveries::{drop_pending, open_lines},
    endpoints::keep,
};
use crate::endpoint::Endpoint;

/// So many attempts of a delivery are kept; the oldest go first.
const KEPT: i32 = 40;

/// An attempt, as its owner is shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Why there was no answer.
    pub error: Option<&'static str>,
    /// How the body of the answer begins.
    pub response_start: Option<String>,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was taken.
    Delivered,
    /// It is tried again then.
    Again(DateTime<Utc>),
    /// It was the last attempt.
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again(_) => "pending",
            Self::Failed => "failed",
        }
    }
}

/// A delivery after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The delivery.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// Its line.
    pub line: String,
    /// The round that the attempt was made in.
    pub round: i32,
    /// Failed attempts of this round, with this one.
    pub tries: u32,
    /// What becomes of it.
    pub status: Status,
    /// The attempt.
    pub attempt: Attempt,
}

impl Store {
    /// Writes down attempts, and the webhooks whose health they changed. What is pending for one at which the sender stops is given up.
    /// An attempt of an earlier round, or of a delivery that was given up meanwhile, is written down and changes nothing else.
    pub async fn keep_results(
        &self,
        epoch: i64,
        tried: &[Tried],
        changed: &[&Endpoint],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(epoch).await?;
        let next = |status: Status| match status {
            Status::Again(at) => Some(at),
            Status::Delivered | Status::Failed => None,
        };
        let attempt = |tried: &Tried| serde_json::to_value(&tried.attempt).unwrap_or_default();
        sqlx::query!(
            "update webhooks.deliveries d
             set attempts = (case when jsonb_array_length(d.attempts) >= $8 then d.attempts - 0 else d.attempts end)
                    || jsonb_build_array(r.attempt),
                tries = case when d.status = 'pending' and d.round = r.round then r.tries else d.tries end,
                status = case when d.status = 'pending' and d.round = r.round then r.status else d.status end,
                next_at = case when d.status = 'pending' and d.round = r.round then r.next_at else d.next_at end,
                settled_at = case when d.status = 'pending' and d.round = r.round and r.status <> 'pending' then $7
                    else d.settled_at end
             from unnest($1::uuid[], $2::int4[], $3::int4[], $4::text[], $5::timestamptz[], $6::jsonb[])
                as r (delivery_id, round, tries, status, next_at, attempt)
             where d.delivery_id = r.delivery_id",
            &tried.iter().map(|tried| tried.id.uuid()).collect::<Vec<Uuid>>(),
            &tried.iter().map(|tried| tried.round).collect::<Vec<i32>>(),
            &tried.iter().map(|tried| i32::try_from(tried.tries).unwrap_or(i32::MAX)).collect::<Vec<i32>>(),
            &tried.iter().map(|tried| tried.status.as_str().to_owned()).collect::<Vec<String>>(),
            &tried.iter().map(|tried| next(tried.status)).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
            &tried.iter().map(attempt).collect::<Vec<_>>(),
            now,
            KEPT
        )
        .execute(&mut *transaction)
        .await?;
        for endpoint in changed {
            keep(&mut transaction, endpoint).await?;
            if endpoint.health.stopped.is_some() {
                drop_pending(&mut transaction, endpoint.id, now).await?;
            }
        }
        let lines = tried.iter().map(|tried| (tried.webhook, tried.line.as_str()));
        open_lines(&mut transaction, lines, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}
