//! What the events of one commit say about each other.

use std::collections::HashMap;

use events::recorded::{Event, HoldEvent, ItemEvent, ItemTraded, TransferEvent, TransferPosted, TransferRejected};
use kernel::{HoldId, ItemId, OfferId, Position, StreamId, TransferId, Version};
use log::Commit;

use super::error::TranslateError;

/// An event of the commit, read.
pub(super) struct Recorded {
    pub position: Position,
    pub stream: StreamId,
    pub version: Version,
    pub event: Event,
}

/// Reads the events of a commit.
pub(super) fn read(commit: &Commit) -> Result<Vec<Recorded>, TranslateError> {
    let read = |(position, event): (Position, &log::Event)| {
        let decoded = Event::decode(&event.event_type, event.schema_version, &event.payload)
            .map_err(|source| TranslateError::Unreadable { position, source })?;
        Ok(Recorded { position, stream: event.stream, version: event.version, event: decoded })
    };
    commit.positioned().map(read).collect()
}

/// The events of a commit by what they are about.
#[derive(Default)]
pub(super) struct Index<'e> {
    posted: HashMap<TransferId, &'e TransferPosted>,
    rejected: HashMap<TransferId, &'e TransferRejected>,
    holds: HashMap<HoldId, Vec<&'e HoldEvent>>,
    unlocked: HashMap<OfferId, ItemId>,
    traded: HashMap<OfferId, (ItemId, &'e ItemTraded)>,
}

impl<'e> Index<'e> {
    pub(super) fn of(events: &'e [Recorded]) -> Self {
        let mut index = Self::default();
        for Recorded { stream, event, .. } in events {
            let id = stream.uuid();
            match event {
                Event::Transfer(TransferEvent::Posted(posted)) => {
                    index.posted.insert(TransferId::new(id), posted);
                }
                Event::Transfer(TransferEvent::Rejected(rejected)) => {
                    index.rejected.insert(TransferId::new(id), rejected);
                }
                Event::Hold(hold) => index.holds.entry(HoldId::new(id)).or_default().push(hold),
                Event::Item(ItemEvent::Unlocked(unlocked)) => {
                    index.unlocked.insert(unlocked.offer, ItemId::new(id));
                }
                Event::Item(ItemEvent::Traded(traded)) => {
                    index.traded.insert(traded.offer, (ItemId::new(id), traded));
                }
                _ => {}
            }
        }
        index
    }

    /// A transfer that was posted.
    pub(super) fn posted(&self, transfer: TransferId) -> Option<&'e TransferPosted> {
        self.posted.get(&transfer).copied()
    }

    /// A transfer that was refused.
    pub(super) fn rejected(&self, transfer: TransferId) -> Option<&'e TransferRejected> {
        self.rejected.get(&transfer).copied()
    }

    /// The event of a hold that belongs to its `turn`-th change of the account, counted from 0.
    pub(super) fn hold(&self, hold: HoldId, turn: usize) -> Option<&'e HoldEvent> {
        self.holds.get(&hold)?.get(turn).copied()
    }

    /// The item of an offer that ended.
    pub(super) fn unlocked(&self, offer: OfferId) -> Option<ItemId> {
        self.unlocked.get(&offer).copied()
    }

    /// The item of an offer that was accepted, and what became of it.
    pub(super) fn traded(&self, offer: OfferId) -> Option<(ItemId, &'e ItemTraded)> {
        self.traded.get(&offer).copied()
    }
}
