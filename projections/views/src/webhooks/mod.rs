//! The view `webhooks`: the webhooks that are there, with their settings. What was sent to them is not in the log, and not here.

mod fold;
mod rows;

use events::recorded::{Event, WebhookEvent};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `webhooks`.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks;

impl Projection for Webhooks {
    type Event = Event;

    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["webhooks"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::WebhookRows::from(fold::fold(commits)?)))
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside.
        if event.is_some_and(|event| !self.uses(event.event_type().name)) {
            return Vec::new();
        }
        // Whose list lacks the webhook while its creation is parked.
        let owner = match event {
            Some(Event::Webhook(WebhookEvent::Created(created))) => Some(created.owner.id.to_string()),
            _ => None,
        };
        std::iter::once(stream.to_string()).chain(owner).collect()
    }
}
