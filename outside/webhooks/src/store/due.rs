//! What is to be tried now.

use chrono::{DateTime, Utc};
use kernel::{DeliveryId, WebhookId};
use uuid::Uuid;

use super::base::{Store, StoreError};

/// How many deliveries a webhook may have under way beside those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The webhook.
    pub webhook: WebhookId,
    /// How many.
    pub places: i32,
}

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook: WebhookId,
    /// The id of the event.
    pub event: Uuid,
    /// What is kept in order.
    pub line: String,
    /// The body.
    pub payload: String,
    /// How often it was asked for again.
    pub round: i32,
    /// Failed attempts of this round.
    pub tries: u32,
}

impl Store {
    /// What is due for webhooks that have room, the longest due first; without what is under way.
    pub async fn due(
        &self,
        rooms: &[Room],
        under_way: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        let (webhooks, places): (Vec<Uuid>, Vec<i32>) =
            rooms.iter().map(|room| (room.webhook.uuid(), room.places)).unzip();
        let rows = sqlx::query!(
            r#"select d.delivery_id as "delivery_id!", d.webhook_id as "webhook_id!", d.event_id as "event_id!", d.line as "line!",
                   d.payload as "payload!", d.round as "round!", d.tries as "tries!"
               from unnest($1::uuid[], $2::int4[]) as room (webhook_id, places)
               cross join lateral (
                   select * from webhooks.deliveries
                   where webhook_id = room.webhook_id and status = 'pending' and next_at <= $4 and delivery_id <> all ($3::uuid[])
                   order by next_at limit room.places
               ) as d"#,
            &webhooks,
            &places,
            under_way,
            now
        )
        .fetch_all(&self.pool)
        .await?;
        let due = rows.into_iter().map(|row| DueDelivery {
            id: DeliveryId::new(row.delivery_id),
            webhook: WebhookId::new(row.webhook_id),
            event: row.event_id,
            line: row.line,
            payload: row.payload,
            round: row.round,
            tries: row.tries.unsigned_abs(),
        });
        Ok(due.collect())
    }
}
