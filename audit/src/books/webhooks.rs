//! View `webhooks`: one row for each webhook that was not deleted.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{Event, WebhookCreated, WebhookEvent};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "webhooks",
    tables: &[Table {
        name: "webhooks",
        columns: &[
            "webhook_id",
            "owner_role",
            "owner",
            "description",
            "created_position",
            "created_at",
            "url",
            "events",
            "enabled",
            "position",
            "recorded_at",
        ],
    }],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [sink] = sinks.try_into().ok()?;
    Some(Box::new(Webhooks { all: HashMap::new(), cells: Cells::default(), sink }))
}

/// A webhook that is there.
struct Webhook {
    created: WebhookCreated,
    created_position: i64,
    created_at: DateTime<Utc>,
    enabled: bool,
    position: i64,
    recorded_at: DateTime<Utc>,
}

struct Webhooks<S> {
    all: HashMap<Uuid, Webhook>,
    cells: Cells,
    sink: S,
}

/// A row of `webhooks`.
struct Row<'a> {
    owner_role: &'a str,
    owner: Uuid,
    description: Option<&'a str>,
    created_position: i64,
    created_at: DateTime<Utc>,
    url: &'a str,
    events: &'a str,
    enabled: bool,
    position: i64,
    recorded_at: DateTime<Utc>,
}

impl Row<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, webhooks: &mut dyn Sink) {
        cells.clear().put("owner_role", self.owner_role).put("owner", self.owner);
        cells.maybe("description", self.description).put("created_position", self.created_position);
        cells.put("created_at", time(self.created_at)).put("url", self.url).put("events", self.events);
        cells.put("enabled", self.enabled).put("position", self.position);
        webhooks.row(&id.to_string(), cells.put("recorded_at", time(self.recorded_at)));
    }
}

impl Webhook {
    fn give(&self, id: Uuid, cells: &mut Cells, webhooks: &mut dyn Sink) {
        let created = &self.created;
        let row = Row {
            owner_role: created.owner.role.as_str(),
            owner: created.owner.id.uuid(),
            description: created.description.as_deref(),
            created_position: self.created_position,
            created_at: self.created_at,
            url: &created.url,
            events: &created.events.join(" "),
            enabled: self.enabled,
            position: self.position,
            recorded_at: self.recorded_at,
        };
        row.give(id, cells, webhooks);
    }
}

impl<S> Webhooks<S> {
    fn event(&mut self, event: &assemble::Event, webhook: &WebhookEvent, commit: &Commit) {
        let (url, events, enabled) = match webhook {
            WebhookEvent::Created(created) => {
                let webhook = Webhook {
                    created: created.clone(),
                    created_position: event.position,
                    created_at: commit.recorded_at,
                    enabled: true,
                    position: commit.last,
                    recorded_at: commit.recorded_at,
                };
                self.all.insert(event.stream, webhook);
                return;
            }
            WebhookEvent::Deleted(_) => {
                self.all.remove(&event.stream);
                return;
            }
            WebhookEvent::Changed(changed) => (&changed.url, &changed.events, changed.enabled),
            WebhookEvent::Enabled(enabled) => (&enabled.url, &enabled.events, true),
            WebhookEvent::Disabled(disabled) => (&disabled.url, &disabled.events, false),
            WebhookEvent::SecretRotated(_)
            | WebhookEvent::ExampleAsked(_)
            | WebhookEvent::ResendAsked(_)
            | WebhookEvent::RecoverAsked(_) => return,
        };
        let Some(known) = self.all.get_mut(&event.stream) else { return };
        (known.created.url, known.created.events, known.enabled) = (url.clone(), events.clone(), enabled);
        (known.position, known.recorded_at) = (commit.last, commit.recorded_at);
    }
}

impl<S: Sink> Book<S> for Webhooks<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            if let Event::Webhook(webhook) = &event.recorded {
                self.event(event, webhook, commit);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, webhook) in &self.all {
            webhook.give(*id, &mut self.cells, &mut self.sink);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.sink]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [webhooks] = sinks else { return Ok(()) };
    let mut rows = sqlx::query!(
        r#"select webhook_id as "webhook_id!", owner_role as "owner_role!", owner as "owner!", description,
                  created_position as "created_position!", created_at as "created_at!", url as "url!", events as "events!",
                  enabled as "enabled!", position as "position!", recorded_at as "recorded_at!"
           from live.webhooks"#
    )
    .fetch(connection);
    let mut cells = Cells::default();
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            owner_role: &row.owner_role,
            owner: row.owner,
            description: row.description.as_deref(),
            created_position: row.created_position,
            created_at: row.created_at,
            url: &row.url,
            events: &row.events,
            enabled: row.enabled,
            position: row.position,
            recorded_at: row.recorded_at,
        };
        found.give(row.webhook_id, &mut cells, webhooks);
    }
    Ok(())
}
