//! What a run of commits does to webhooks, each once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookEvent,
};
use kernel::{Position, WebhookId};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] =
    &[WebhookCreated::NAME, WebhookChanged::NAME, WebhookEnabled::NAME, WebhookDisabled::NAME, WebhookDeleted::NAME];

/// How a webhook came out of the commits.
#[derive(Debug)]
pub(super) struct Change {
    /// How it began, if these commits hold that.
    pub(super) created: Option<Created>,
    pub(super) after: After,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

/// How a webhook began.
#[derive(Debug)]
pub(super) struct Created {
    pub(super) webhook: WebhookCreated,
    pub(super) position: Position,
    pub(super) created_at: DateTime<Utc>,
}

/// What is left of it.
#[derive(Debug)]
pub(super) enum After {
    Settings(Settings),
    Nothing,
}

/// What can change.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) enabled: bool,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Result<BTreeMap<WebhookId, Change>, Fault> {
    let mut changes = BTreeMap::new();
    for commit in commits {
        for (position, event) in commit.positioned() {
            let Some(body) = &event.body else { continue };
            let Event::Webhook(webhook) = body else { continue };
            let Some(after) = after(webhook) else { continue };
            let id = WebhookId::new(event.stream.uuid());
            let before: Option<Change> = changes.remove(&id);
            if before.as_ref().is_some_and(|before| matches!(before.after, After::Nothing)) {
                return Err(fault(position, body, "the webhook was deleted"));
            }
            let created = match webhook {
                WebhookEvent::Created(_) if before.is_some() => {
                    return Err(fault(position, body, "the webhook has events before it was created"));
                }
                WebhookEvent::Created(created) => {
                    Some(Created { webhook: created.clone(), position, created_at: commit.recorded_at })
                }
                _ => before.and_then(|before| before.created),
            };
            let change = Change { created, after, position: commit.last(), recorded_at: commit.recorded_at };
            changes.insert(id, change);
        }
    }
    Ok(changes)
}

/// What an event leaves; none if it changes nothing here.
fn after(event: &WebhookEvent) -> Option<After> {
    let settings = |url: &String, events: &[String], enabled| {
        Some(After::Settings(Settings { url: url.clone(), events: events.to_vec(), enabled }))
    };
    match event {
        WebhookEvent::Created(created) => settings(&created.url, &created.events, true),
        WebhookEvent::Changed(changed) => settings(&changed.url, &changed.events, changed.enabled),
        WebhookEvent::Enabled(enabled) => settings(&enabled.url, &enabled.events, true),
        WebhookEvent::Disabled(disabled) => settings(&disabled.url, &disabled.events, false),
        WebhookEvent::Deleted(_) => Some(After::Nothing),
        WebhookEvent::SecretRotated(_)
        | WebhookEvent::ExampleAsked(_)
        | WebhookEvent::ResendAsked(_)
        | WebhookEvent::RecoverAsked(_) => None,
    }
}
