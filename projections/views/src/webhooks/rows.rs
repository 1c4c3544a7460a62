//! The SQL of the view `webhooks`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::WebhookId;
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{After, Change, Created, Settings};
use crate::copy::CopyRows;

/// What is to be written: webhooks created in these commits, changes of those created before, and those that were deleted.
#[derive(Debug)]
pub(super) struct WebhookRows {
    created: CopyRows,
    changed: Changed,
    deleted: Vec<Uuid>,
}

#[derive(Debug, Default)]
struct Changed {
    webhook_id: Vec<Uuid>,
    url: Vec<String>,
    events: Vec<String>,
    enabled: Vec<bool>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

const COPY: &str = "copy webhooks (webhook_id, owner_role, owner, description, created_position, created_at, url, events, enabled, \
    position, recorded_at) from stdin (format binary)";

impl From<BTreeMap<WebhookId, Change>> for WebhookRows {
    fn from(changes: BTreeMap<WebhookId, Change>) -> Self {
        let mut rows = Self { created: CopyRows::new(COPY, 11), changed: Changed::default(), deleted: Vec::new() };
        for (id, change) in &changes {
            match (&change.created, &change.after) {
                (Some(created), After::Settings(settings)) => change.create(*id, created, settings, &mut rows.created),
                (None, After::Settings(settings)) => rows.changed.push(*id, settings, change),
                // What began and ended in these commits leaves nothing.
                (Some(_), After::Nothing) => {}
                (None, After::Nothing) => rows.deleted.push(id.uuid()),
            }
        }
        rows
    }
}

impl Change {
    fn create(&self, id: WebhookId, created: &Created, settings: &Settings, rows: &mut CopyRows) {
        let webhook = &created.webhook;
        rows.row()
            .uuid(id.uuid())
            .text(webhook.owner.role.as_str())
            .uuid(webhook.owner.id.uuid())
            .maybe(webhook.description.as_deref(), CopyRows::text)
            .int8(created.position.number())
            .time(created.created_at)
            .text(&settings.url)
            .text(&settings.events.join(" "))
            .bool(settings.enabled)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl Changed {
    fn push(&mut self, id: WebhookId, settings: &Settings, change: &Change) {
        self.webhook_id.push(id.uuid());
        self.url.push(settings.url.clone());
        self.events.push(settings.events.join(" "));
        self.enabled.push(settings.enabled);
        self.position.push(change.position.number());
        self.recorded_at.push(change.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update webhooks
             set url = changed.url, events = changed.events, enabled = changed.enabled, position = changed.position,
                recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::int8[], $6::timestamptz[])
                as changed(webhook_id, url, events, enabled, position, recorded_at)
             where webhooks.webhook_id = changed.webhook_id",
            &self.webhook_id,
            &self.url,
            &self.events,
            &self.enabled,
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        all(updated.rows_affected(), self.webhook_id.len())
    }
}

/// Whether as many rows were there as were to be changed.
fn all(found: u64, wanted: usize) -> Result<(), WriteError> {
    match found == wanted as u64 {
        true => Ok(()),
        false => Err(WriteError::Inconsistent("a webhook changed that was never created, or was deleted".into())),
    }
}

#[async_trait]
impl Rows for WebhookRows {
    fn is_empty(&self) -> bool {
        self.created.is_empty() && self.changed.webhook_id.is_empty() && self.deleted.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.created.send(connection).await?;
        if !self.changed.webhook_id.is_empty() {
            self.changed.update(&mut *connection).await?;
        }
        if !self.deleted.is_empty() {
            let deleted = sqlx::query!("delete from webhooks where webhook_id = any($1)", &self.deleted)
                .execute(&mut *connection)
                .await?;
            all(deleted.rows_affected(), self.deleted.len())?;
        }
        Ok(())
    }
}
