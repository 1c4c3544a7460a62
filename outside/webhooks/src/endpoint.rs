//! A webhook as the log tells of it.

use chrono::{DateTime, Utc};
use events::recorded::{EVERY_EVENT, WebhookEvent};
use kernel::{Actor, WebhookId};
use public_events::EventType;
use serde::{Deserialize, Serialize};

use crate::health::Health;

/// Whether events are sent, as its owner wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// They are.
    Enabled,
    /// Not until it is enabled.
    Disabled,
    /// Never again.
    Deleted,
}

impl Wanted {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::Deleted];

    /// As it stands in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// The one of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.as_str() == name)
    }
}

/// A secret that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretInForce {
    /// Its number; the secret is derived from it.
    pub number: u32,
    /// From then on it does not sign; none for the newest.
    pub until: Option<DateTime<Utc>>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub owner: Actor,
    /// Where events are sent to.
    pub url: String,
    /// Which types of events, by their short names; or [`EVERY_EVENT`] alone.
    pub filter: Vec<String>,
    /// The secrets that sign, the newest last.
    pub secrets: Vec<SecretInForce>,
    /// What its owner wants.
    pub wanted: Wanted,
    /// What attempts showed.
    pub health: Health,
}

impl Endpoint {
    /// What an event makes of a webhook, or of none. None if the event cannot be the first.
    #[must_use]
    pub fn after(endpoint: Option<Self>, id: WebhookId, event: &WebhookEvent) -> Option<Self> {
        if let WebhookEvent::Created(created) = event {
            return Some(Self {
                id,
                owner: created.owner,
                url: created.url.clone(),
                filter: created.events.clone(),
                secrets: vec![SecretInForce { number: 1, until: None }],
                wanted: Wanted::Enabled,
                health: Health::default(),
            });
        }
        let mut endpoint = endpoint?;
        match event {
            WebhookEvent::Created(_)
            | WebhookEvent::ExampleAsked(_)
            | WebhookEvent::ResendAsked(_)
            | WebhookEvent::RecoverAsked(_) => {}
            WebhookEvent::Changed(changed) => endpoint.set(&changed.url, &changed.events),
            WebhookEvent::SecretRotated(rotated) => {
                let before = endpoint.secrets.last().map(|last| last.number);
                let before = before.map(|number| SecretInForce { number, until: Some(rotated.overlap_until) });
                let newest = SecretInForce { number: rotated.secret, until: None };
                endpoint.secrets = before.into_iter().chain([newest]).collect();
            }
            WebhookEvent::Disabled(disabled) => {
                endpoint.set(&disabled.url, &disabled.events);
                endpoint.wanted = Wanted::Disabled;
            }
            WebhookEvent::Enabled(enabled) => {
                endpoint.set(&enabled.url, &enabled.events);
                (endpoint.wanted, endpoint.health) = (Wanted::Enabled, Health::default());
            }
            WebhookEvent::Deleted(_) => endpoint.wanted = Wanted::Deleted,
        }
        Some(endpoint)
    }

    fn set(&mut self, url: &str, filter: &[String]) {
        url.clone_into(&mut self.url);
        self.filter = filter.to_vec();
    }

    /// Whether events are kept for it and sent.
    pub fn is_served(&self) -> bool {
        self.wanted == Wanted::Enabled && self.health.stopped.is_none()
    }

    /// Whether its filter names this type.
    pub fn names(&self, event_type: EventType) -> bool {
        self.filter.iter().any(|name| name == EVERY_EVENT || name == event_type.short())
    }

    /// The numbers of the secrets that sign now, the newest first.
    pub fn signing(&self, now: DateTime<Utc>) -> impl Iterator<Item = u32> {
        self.secrets.iter().rev().filter(move |secret| secret.until.is_none_or(|until| until > now)).map(|s| s.number)
    }
}
