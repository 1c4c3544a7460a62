//! Webhooks: the addresses that events are sent to, and what was sent.
//!
//! The settings are a view of the log. Whether something arrived is in no log: the sender keeps that in tables of its own beside the views,
//! and only it knows whether it has stopped at an address.

use chrono::{DateTime, Utc};
use kernel::{Actor, DeliveryId, MemberId, Position, Role, WebhookId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Webhooks];

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Which.
    #[schema(value_type = Uuid)]
    pub webhook_id: WebhookId,
    /// Whose it is.
    pub owner: WebhookOwner,
    /// Where events are sent to.
    pub url: String,
    /// The types of events that are sent, sorted; or `*` alone.
    pub events: Vec<String>,
    /// The owner's words.
    #[schema(required)]
    pub description: Option<String>,
    /// Whether anything is sent.
    #[schema(pattern = "^(enabled|disabled)$")]
    pub status: String,
    /// Why nothing is sent: it was `asked` for, every attempt has been `failing` for five days, or the address answered that it is `gone`.
    /// Null while it is enabled.
    #[schema(pattern = "^(asked|failing|gone)$", required)]
    pub disabled_because: Option<String>,
    /// When the bank disabled it, `failing` or `gone`; null while it is enabled, and where it was `asked` for.
    #[schema(required)]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when every attempt has failed; null after one that did not.
    #[schema(required)]
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was created, by the log's clock.
    pub created_at: DateTime<Utc>,
    /// The position of the last event of the command that changed it last.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// Whose a webhook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookOwner {
    /// What they are.
    #[schema(value_type = String, pattern = "^[a-z]+$", examples("service"))]
    pub role: Role,
    /// Who they are.
    #[schema(value_type = Uuid)]
    pub id: MemberId,
}

/// The sending of one event to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Which.
    #[schema(value_type = Uuid)]
    pub delivery_id: DeliveryId,
    /// The event: its `id`, which is sent as `webhook-id`.
    pub event_id: Uuid,
    /// The type of the event, by the name that filters have.
    #[serde(rename = "type")]
    pub event_type: String,
    /// `pending` until it was taken; `failed` after the last attempt; `dropped` if the webhook was disabled or deleted before.
    #[schema(pattern = "^(pending|delivered|failed|dropped)$")]
    pub status: String,
    /// The attempts, oldest first; at most the newest forty.
    pub attempts: Vec<DeliveryAttempt>,
    /// When it is tried next; null if it is not, or if it waits for an earlier event of the same account.
    #[schema(required)]
    pub next_at: Option<DateTime<Utc>>,
    /// When it came to be sent.
    pub created_at: DateTime<Utc>,
}

/// An attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryAttempt {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The status of the answer; null if there was none. Taken is what was answered with 200 to 299.
    #[schema(minimum = 100, maximum = 999, required)]
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    pub duration_ms: u64,
    /// Why there was no answer, in a word; null if there was one.
    #[schema(required)]
    pub error: Option<String>,
    /// How the body of the answer begins: at most its first 1024 bytes, without control characters.
    #[schema(required)]
    pub response_start: Option<String>,
}

/// Which deliveries of a webhook.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryFilter {
    /// With this status.
    pub status: Option<DeliveryStatus>,
    /// Made at this time or later.
    pub from: Option<DateTime<Utc>>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is to be sent.
    Pending,
    /// It was taken.
    Delivered,
    /// The last attempt failed.
    Failed,
    /// It is not sent any more.
    Dropped,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Dropped];

    /// The status as it stands in answers and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// A webhook, with what its list is found by.
#[derive(Debug, Deserialize)]
struct WebhookRow {
    #[serde(flatten)]
    webhook: Webhook,
    created_position: i64,
}

impl WebhookOwner {
    /// Whether it is this one who asks; an operator (none) sees the webhooks of all.
    fn is(self, asker: Option<Actor>) -> bool {
        asker.is_none_or(|asker| asker == Actor { role: self.role, id: self.id })
    }
}

impl Reads {
    /// One webhook; none if there is none, or if it is another's than the one who asks. An operator asks as nobody, and sees all.
    pub async fn webhook(
        &self,
        asker: Option<Actor>,
        webhook: WebhookId,
        need: &Need,
    ) -> Result<Fresh<Option<Webhook>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.webhook_now(asker, webhook)).await
    }

    async fn webhook_now(&self, asker: Option<Actor>, webhook: WebhookId) -> Result<Seen<Option<Webhook>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/webhook.sql", &names(VIEWS), webhook.uuid()).fetch_one(&self.pool).await?;
        let is_known = row.found.is_some();
        let visible = row.found.map(|found| found.0).filter(|found| found.owner.is(asker));
        // What is not the asker's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !is_known);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, visible)
    }

    /// The webhooks of the one who asks, newest first; of an operator, who asks as nobody, those of all.
    pub async fn webhooks(
        &self,
        asker: Option<Actor>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Webhook>>, ReadsError> {
        let bound = asker.map(|asker| asker.to_string()).unwrap_or_default();
        let list = List::named("webhooks").bound_to(bound.as_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.webhooks_now(asker, before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &WebhookRow| list.cursor(last.created_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(|row| row.webhook).collect(), next_cursor }
        }))
    }

    async fn webhooks_now(
        &self,
        asker: Option<Actor>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<WebhookRow>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/webhooks.sql",
            &names(VIEWS),
            asker.map(|asker| asker.id.uuid()),
            asker.map(|asker| asker.role.as_str()),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, row.page.0)
    }

    /// What was sent to a webhook, and is to be sent, newest first; none if the asker may not know of the webhook.
    pub async fn webhook_deliveries(
        &self,
        asker: Option<Actor>,
        webhook: WebhookId,
        filter: DeliveryFilter,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Option<Page<Delivery>>>, ReadsError> {
        let status = filter.status.map_or("", DeliveryStatus::as_str);
        let list = List::named("webhook_deliveries").bound_to(webhook.uuid().as_bytes()).bound_to(status.as_bytes());
        let after = cursor.map(|cursor| list.after(cursor)).transpose()?.map(Uuid::from_u128);
        let query = || self.webhook_deliveries_now(asker, webhook, filter, after, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &Delivery| list.cursor(last.delivery_id.uuid().as_u128());
        // Where the list was to go on is gone: the sender does not keep deliveries for ever.
        if matches!(fresh.value, Some(None)) {
            return Err(ReadsError::Cursor);
        }
        Ok(fresh.map(|found| found.flatten().map(|rows| Page::of(rows, limit, cursor))))
    }

    /// None if the webhook may not be seen; within that, none if the delivery is gone after which the list goes on.
    async fn webhook_deliveries_now(
        &self,
        asker: Option<Actor>,
        webhook: WebhookId,
        filter: DeliveryFilter,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<Seen<Option<Option<Vec<Delivery>>>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/webhook_deliveries.sql",
            &names(VIEWS),
            webhook.uuid(),
            filter.status.map(DeliveryStatus::as_str),
            filter.from,
            after,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let is_visible = row.owner.as_ref().is_some_and(|owner| owner.0.is(asker));
        // What is not the asker's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| row.owner.is_none());
        let Json(rows) = row.page;
        let rows = is_visible.then(|| row.is_there.then_some(rows));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, rows)
    }
}
