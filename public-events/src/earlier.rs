//! What earlier commits say that some commits leave out.

use std::collections::HashMap;

use events::recorded::{OfferExpired, OfferOpened};
use kernel::{OfferId, StreamId, Version};
use log::{Commit, Event, ReadError, ReadStreams};

/// What has to be known of earlier commits to tell some others: an offer that expires does not say whose it was.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    opened: HashMap<OfferId, Event>,
}

impl Earlier {
    /// Reads what these commits leave out. Of most commits that is nothing, and nothing is read.
    ///
    /// # Errors
    ///
    /// If the log cannot be read. What has left the database is not known to who has no archive: that is no error, and operators alone are
    /// told then.
    pub async fn read(log: &dyn ReadStreams, commits: &[Commit]) -> Result<Self, ReadError> {
        let mut earlier = Self::default();
        let events = commits.iter().flat_map(|commit| &commit.events);
        let expired = events.filter(|event| event.event_type == OfferExpired::NAME);
        let offers: Vec<StreamId> = expired.map(|event| event.stream).collect();
        for offer in offers {
            match log.read_event(offer, Version::ZERO.next()).await {
                Ok(first) => earlier.learn(first),
                Err(ReadError::Detached { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(earlier)
    }

    /// Takes in the events that a later commit may leave out; others are no help.
    pub fn learn(&mut self, events: impl IntoIterator<Item = Event>) {
        let opened = events.into_iter().filter(|event| event.event_type == OfferOpened::NAME);
        self.opened.extend(opened.map(|event| (OfferId::new(event.stream.uuid()), event)));
    }

    /// How an offer was opened, if that is known.
    pub(crate) fn opened(&self, offer: OfferId) -> Option<&Event> {
        self.opened.get(&offer)
    }
}
