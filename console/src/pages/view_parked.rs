//! What of a view is parked, each key with the event at which it was parked.

use futures::future::join_all;
use serde::Deserialize;

use super::log_event::{Commit, EventRow, shortened};
use crate::{client::Address, format::count, links, page::Page, visit::Visit};

/// So many keys are shown with their events; the others lead to theirs.
const MOST_EVENTS: usize = 10;

/// As the projector tells it.
#[derive(Deserialize)]
pub(super) struct Parked {
    items: Vec<ParkedKey>,
}

#[derive(Deserialize)]
struct ParkedKey {
    position: i64,
    key: String,
    events: i64,
    reason: String,
    error: Option<String>,
}

/// What a page shows of a key.
pub(super) struct ParkedRow {
    pub(super) position: i64,
    pub(super) href: String,
    pub(super) key: String,
    pub(super) events: String,
    pub(super) reason: String,
    pub(super) error: String,
    /// None where the log does not tell it, or if there are many keys.
    pub(super) event: Option<EventShown>,
}

/// What an event says, as it is recorded; sealed fields are sealed.
pub(super) struct EventShown {
    pub(super) kind: String,
    pub(super) data: String,
}

impl Parked {
    pub(super) async fn rows(self, visit: &Visit, page: &Page) -> Vec<ParkedRow> {
        let mut asked = Vec::with_capacity(MOST_EVENTS);
        for parked in self.items.iter().take(MOST_EVENTS) {
            asked.push(event_at(visit, page, parked.position));
        }
        let mut events = join_all(asked).await.into_iter();
        self.items.into_iter().map(|parked| parked.row(events.next().flatten())).collect()
    }
}

impl ParkedKey {
    fn row(self, event: Option<EventShown>) -> ParkedRow {
        ParkedRow {
            position: self.position,
            href: links::to("stream", &self.key),
            key: self.key,
            events: count(self.events),
            reason: self.reason,
            error: self.error.unwrap_or_default(),
            event,
        }
    }
}

/// The event at this position; none if the log does not tell it now: the page leads there in any case.
async fn event_at(visit: &Visit, page: &Page, position: i64) -> Option<EventShown> {
    let address = Address::query("/v1/log/positions").segment(&position.to_string());
    let commit: Commit = visit.get(address).await.ok()?;
    let event = commit.events.iter().find(|event| event.position == position)?;
    let row = EventRow::of_commit(page, &commit, event);
    Some(EventShown { kind: row.kind, data: shortened(row.data) })
}
