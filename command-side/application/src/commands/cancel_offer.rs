//! An offer is taken back.

use std::sync::Arc;

use events::recorded::OfferCancelled;
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

/// Take an offer back; by the seller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancelOffer {
    /// Which.
    pub offer: OfferId,
}

impl Command for CancelOffer {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let offer = offer(work, self.offer)?;
        if offer.opened.seller != work.actor.id {
            return Err(ExecuteError::OfferNotYours);
        }
        match offer.usable(has_expired(work, &offer)) {
            Ok(()) => end_offer(work, self.offer, &offer, OfferCancelled {}),
            Err(refusal) => {
                work.rests_on(self.offer.into());
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        offer_outcome(events, place, unit)
    }
}
