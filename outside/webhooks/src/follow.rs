//! From commits to what is to be sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use events::recorded::{self, DecodeError, WebhookEvent};
use kernel::{LogId, Position, WebhookId};
use log::{Commit, OwnedAccounts, ReadError};
use public_events::{Earlier, EventType, PublicEvent, TranslateError, translate};

use crate::{
    audience::Audience,
    endpoint::{Endpoint, Wanted},
    example::example,
    store::{NewDelivery, Order},
};

/// The webhooks, as far as the log was followed.
#[derive(Debug, Default)]
pub struct Webhooks {
    endpoints: BTreeMap<WebhookId, Endpoint>,
    audience: Audience,
}

/// What commits lead to.
#[derive(Debug, Default)]
pub struct Page {
    /// What is to be sent.
    pub deliveries: Vec<NewDelivery>,
    /// What else is asked for, in the order of the log.
    pub orders: Vec<Order>,
    /// The webhooks that changed.
    pub changed: BTreeSet<WebhookId>,
    /// Those among them that were deleted.
    pub deleted: Vec<Endpoint>,
}

/// Why commits cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// An event cannot be read.
    #[error("the event at position {position} cannot be read: is this program older than the command servers?")]
    Event {
        /// Where it stands.
        position: Position,
        /// Why not.
        #[source]
        source: DecodeError,
    },
    /// Public events cannot be made of a commit.
    #[error(
        "no public events can be made of the commit at position {position}: is this program older than the command servers?"
    )]
    Public {
        /// Where it begins.
        position: Position,
        /// Why not.
        #[source]
        source: TranslateError,
    },
}

impl Webhooks {
    /// As they were kept.
    pub async fn kept(endpoints: Vec<Endpoint>, log: &dyn OwnedAccounts) -> Result<Self, ReadError> {
        let mut audience = Audience::default();
        for endpoint in &endpoints {
            audience.learn(log, endpoint).await?;
        }
        Ok(Self { endpoints: endpoints.into_iter().map(|endpoint| (endpoint.id, endpoint)).collect(), audience })
    }

    /// One of them.
    pub fn get(&self, id: WebhookId) -> Option<&Endpoint> {
        self.endpoints.get(&id)
    }

    /// The same, to be changed by what attempts show.
    pub fn get_mut(&mut self, id: WebhookId) -> Option<&mut Endpoint> {
        self.endpoints.get_mut(&id)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.values()
    }

    /// What these commits lead to, with what was read for them. Events that were recorded before `since` are not sent.
    pub async fn follow(
        &mut self,
        log: &dyn OwnedAccounts,
        id: LogId,
        (commits, earlier): (&[Commit], &Earlier),
        since: DateTime<Utc>,
    ) -> Result<Page, FollowError> {
        let mut page = Page::default();
        for commit in commits {
            self.follow_webhooks(log, id, commit, &mut page).await?;
            if !self.endpoints.values().any(Endpoint::is_served) {
                continue;
            }
            for event in public_events_of(id, commit, earlier)? {
                self.audience.follow(&event);
                if commit.recorded_at >= since {
                    let heard = self.endpoints.values().filter(|endpoint| endpoint.is_served());
                    page.deliveries.extend(self.deliveries(heard, &event));
                }
            }
        }
        Ok(page)
    }

    /// What of these commits a webhook is sent, those recorded since a time.
    pub fn of_one(
        &self,
        endpoint: &Endpoint,
        id: LogId,
        (commits, earlier): (&[Commit], &Earlier),
        since: DateTime<Utc>,
    ) -> Result<Vec<NewDelivery>, FollowError> {
        let mut deliveries = Vec::new();
        for commit in commits.iter().filter(|commit| commit.recorded_at >= since) {
            for event in public_events_of(id, commit, earlier)? {
                deliveries.extend(self.deliveries(std::iter::once(endpoint), &event));
            }
        }
        Ok(deliveries)
    }

    fn deliveries<'a>(&self, endpoints: impl Iterator<Item = &'a Endpoint>, event: &PublicEvent) -> Vec<NewDelivery> {
        let heard =
            |endpoint: &&Endpoint| endpoint.names(event.event_type) && self.audience.may_be_told(endpoint, event);
        let mut heard = endpoints.filter(heard).peekable();
        if heard.peek().is_none() {
            return Vec::new();
        }
        let payload = serde_json::to_string(&event.event).unwrap_or_default();
        let deliver = |endpoint: &Endpoint| NewDelivery {
            id: NewDelivery::id_of(endpoint.id, event.event.id),
            webhook: endpoint.id,
            event: event.event.id,
            position: event.position,
            number: event.number,
            event_type: event.event_type.short(),
            line: event.partition_key.to_string(),
            payload: payload.clone(),
        };
        heard.map(deliver).collect()
    }

    /// Takes in what a commit says of webhooks.
    async fn follow_webhooks(
        &mut self,
        log: &dyn OwnedAccounts,
        id: LogId,
        commit: &Commit,
        page: &mut Page,
    ) -> Result<(), FollowError> {
        let of_webhooks = |event: &log::Event| WebhookEvent::NAMES.contains(&event.event_type.as_str());
        for (position, stored) in commit.positioned().filter(|(_, event)| of_webhooks(event)) {
            let decoded = recorded::Event::decode(&stored.event_type, stored.schema_version, &stored.payload)
                .map_err(|source| FollowError::Event { position, source })?;
            let recorded::Event::Webhook(event) = decoded else { continue };
            let webhook = WebhookId::new(stored.stream.uuid());
            let before = self.endpoints.remove(&webhook);
            let Some(endpoint) = Endpoint::after(before, webhook, &event) else { continue };
            page.changed.insert(webhook);
            if matches!(event, WebhookEvent::Created(_) | WebhookEvent::Enabled(_)) {
                self.audience.learn(log, &endpoint).await?;
            }
            ask(&event, &endpoint, (id, position, commit.recorded_at), page);
            match endpoint.wanted {
                Wanted::Deleted => page.deleted.push(endpoint),
                Wanted::Enabled | Wanted::Disabled => drop(self.endpoints.insert(webhook, endpoint)),
            }
        }
        Ok(())
    }
}

/// What an event asks the sender for.
fn ask(
    event: &WebhookEvent,
    endpoint: &Endpoint,
    (log, position, at): (LogId, Position, DateTime<Utc>),
    page: &mut Page,
) {
    let webhook = endpoint.id;
    match event {
        WebhookEvent::ExampleAsked(asked) => {
            let Some(event_type) = EventType::from_short(&asked.event) else { return };
            let (id, event) = example(event_type, webhook, log, position, at);
            page.deliveries.push(NewDelivery {
                id: NewDelivery::id_of(webhook, id),
                webhook,
                event: id,
                position,
                number: 0,
                event_type: event_type.short(),
                line: format!("example/{position}"),
                payload: event.to_string(),
            });
        }
        WebhookEvent::ResendAsked(asked) => page.orders.push(Order::Resend { webhook, delivery: asked.delivery }),
        WebhookEvent::RecoverAsked(asked) if endpoint.is_served() => {
            page.orders.push(Order::Recover { webhook, since: asked.since, asked: position });
        }
        WebhookEvent::Created(_)
        | WebhookEvent::Changed(_)
        | WebhookEvent::SecretRotated(_)
        | WebhookEvent::Disabled(_)
        | WebhookEvent::Enabled(_)
        | WebhookEvent::RecoverAsked(_)
        | WebhookEvent::Deleted(_) => {}
    }
    // What cannot be sent does not wait: a webhook that is enabled again begins with what happens then.
    if !endpoint.is_served() {
        page.orders.push(Order::Drop { webhook, before: position.next() });
    }
}

fn public_events_of(log: LogId, commit: &Commit, earlier: &Earlier) -> Result<Vec<PublicEvent>, FollowError> {
    translate(log, commit, earlier).map_err(|source| FollowError::Public { position: commit.first, source })
}
