//! The time of an offer is over, and its item is free again.

use std::sync::Arc;

use events::recorded::OfferExpired;
use kernel::OfferId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    item_access::{end_offer, has_expired, offer},
    offer_outcome::offer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Record that the time of an offer is over; by the process that waits for it. Nothing happens before that time, or if it is over
/// already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpireOffer {
    /// Which.
    pub offer: OfferId,
}

impl Command for ExpireOffer {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let offer = offer(work, self.offer)?;
        match has_expired(work, &offer) {
            true => end_offer(work, self.offer, &offer, OfferExpired {}),
            false => work.rests_on(self.offer.into()),
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        match events.is_empty() {
            true => Ok(Arc::new(Outcome::Idle)),
            false => offer_outcome(events, place, unit),
        }
    }
}
