//! Deliveries: made, put in order, given up, asked for again.

use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::{DeliveryId, Position, WebhookId};
use uuid::Uuid;

use super::base::{HOLDS_UP, StoreError};

/// Rows of one statement.
const ROWS: usize = 1_000;
/// Deliveries that are given up with one statement.
const DROPS: i64 = 10_000;

/// An event that is to be sent to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id: it follows from webhook and event, so that the same is never made twice.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// The id of the event, which the receiver sees.
    pub event: Uuid,
    /// The position of the recorded event.
    pub position: Position,
    /// Distinguishes the events that were made from one.
    pub number: u16,
    /// The short name of the type.
    pub event_type: &'static str,
    /// What is kept in order.
    pub line: String,
    /// The body.
    pub payload: String,
}

impl NewDelivery {
    /// The id of the delivery of an event to a webhook.
    pub fn id_of(webhook: WebhookId, event: Uuid) -> DeliveryId {
        DeliveryId::new(Uuid::new_v5(&webhook.uuid(), event.as_bytes()))
    }
}

/// What an event asks for, beside what is sent of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What is pending for a webhook of events before a position is given up.
    Drop {
        /// The webhook.
        webhook: WebhookId,
        /// Deliveries of this position and of later ones stay.
        before: Position,
    },
    /// A delivery is tried again at once, whatever became of it.
    Resend {
        /// The webhook, which it must be of.
        webhook: WebhookId,
        /// The delivery.
        delivery: DeliveryId,
    },
    /// What was recorded since a time and not delivered is sent.
    Recover {
        /// The webhook.
        webhook: WebhookId,
        /// Since when.
        since: DateTime<Utc>,
        /// The position of the event that asks for it: later ones are sent in any case.
        asked: Position,
    },
}

/// What is done with an event that was to be sent already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing.
    Stays,
    /// If it was given up, it is sent after all.
    IsRevived,
}

/// Makes deliveries, and opens their lines.
pub(super) async fn insert(
    transaction: &mut Transaction<'static>,
    new: &[NewDelivery],
    known: Known,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for rows in new.chunks(ROWS) {
        let column = |value: fn(&NewDelivery) -> String| rows.iter().map(value).collect::<Vec<_>>();
        let ids = |value: fn(&NewDelivery) -> Uuid| rows.iter().map(value).collect::<Vec<_>>();
        sqlx::query!(
            "insert into webhooks.deliveries as d (delivery_id, webhook_id, event_id, position, number, type, line, payload)
             select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::int4[], $6::text[], $7::text[], $8::text[])
             on conflict (webhook_id, event_id) do update
             set status = 'pending', round = d.round + 1, tries = 0, line = excluded.line, next_at = null, settled_at = null
             where $9 and d.status in ('failed', 'dropped')",
            &ids(|new| new.id.uuid()),
            &ids(|new| new.webhook.uuid()),
            &ids(|new| new.event),
            &rows.iter().map(|new| new.position.number()).collect::<Vec<_>>(),
            &rows.iter().map(|new| i32::from(new.number)).collect::<Vec<_>>(),
            &column(|new| new.event_type.to_owned()),
            &column(|new| new.line.clone()),
            &column(|new| new.payload.clone()),
            known == Known::IsRevived
        )
        .execute(&mut **transaction)
        .await?;
    }
    let lines = new.iter().map(|new| (new.webhook, new.line.as_str()));
    open_lines(transaction, lines, now).await
}

/// The first delivery of each of these lines that holds up others may be tried, if it is not already.
pub(super) async fn open_lines<'a>(
    transaction: &mut Transaction<'static>,
    lines: impl Iterator<Item = (WebhookId, &'a str)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut lines: Vec<(Uuid, String)> = lines.map(|(webhook, line)| (webhook.uuid(), line.to_owned())).collect();
    lines.sort_unstable();
    lines.dedup();
    let (webhooks, names): (Vec<Uuid>, Vec<String>) = lines.into_iter().unzip();
    sqlx::query!(
        "update webhooks.deliveries d set next_at = $4
         from unnest($1::uuid[], $2::text[]) as l (webhook_id, line)
         cross join lateral (
            select delivery_id from webhooks.deliveries
            where webhook_id = l.webhook_id and line = l.line and status = 'pending' and tries < $3
            order by position, number limit 1
         ) as first
         where d.delivery_id = first.delivery_id and d.next_at is null",
        &webhooks,
        &names,
        HOLDS_UP,
        now
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Gives up what is pending for a webhook of events before a position. What stays is not held up by it any more.
pub(super) async fn drop_before(
    transaction: &mut Transaction<'static>,
    webhook: WebhookId,
    before: Position,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    drop_all(transaction, webhook, before, now).await?;
    let held_up = sqlx::query_scalar!(
        "select distinct line from webhooks.deliveries where webhook_id = $1 and status = 'pending' and next_at is null",
        webhook.uuid()
    )
    .fetch_all(&mut **transaction)
    .await?;
    open_lines(transaction, held_up.iter().map(|line| (webhook, line.as_str())), now).await
}

/// Gives up everything that is pending for a webhook.
pub(super) async fn drop_pending(
    transaction: &mut Transaction<'static>,
    webhook: WebhookId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    drop_all(transaction, webhook, Position::new(i64::MAX), now).await
}

async fn drop_all(
    transaction: &mut Transaction<'static>,
    webhook: WebhookId,
    before: Position,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    loop {
        let done = sqlx::query!(
            "update webhooks.deliveries set status = 'dropped', next_at = null, settled_at = $3
             where delivery_id in (
                select delivery_id from webhooks.deliveries
                where webhook_id = $1 and status = 'pending' and position < $2 limit $4
             )",
            webhook.uuid(),
            before.number(),
            now,
            DROPS
        )
        .execute(&mut **transaction)
        .await?;
        if done.rows_affected() < DROPS.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Has a delivery tried again. It waits for no other and holds up no other: it is in a line of its own from now on.
pub(super) async fn resend(
    transaction: &mut Transaction<'static>,
    webhook: WebhookId,
    delivery: DeliveryId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let left = sqlx::query_scalar!(
        "select line from webhooks.deliveries where delivery_id = $1 and webhook_id = $2",
        delivery.uuid(),
        webhook.uuid()
    )
    .fetch_optional(&mut **transaction)
    .await?;
    let Some(left) = left else {
        tracing::info!(webhook.id = %webhook, delivery.id = %delivery, "there is no such delivery to be sent again");
        return Ok(());
    };
    sqlx::query!(
        "update webhooks.deliveries
         set status = 'pending', round = round + 1, tries = 0, line = 'again/' || delivery_id::text, next_at = $2, settled_at = null
         where delivery_id = $1",
        delivery.uuid(),
        now
    )
    .execute(&mut **transaction)
    .await?;
    open_lines(transaction, std::iter::once((webhook, left.as_str())), now).await
}
