//! An item is offered for money.

use std::sync::Arc;

use chrono::TimeDelta;
use events::recorded::ItemLocked;
use kernel::{AccountId, ItemId, Money, OfferId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, item_access::own_item, offer_outcome::offer_outcome, transfer::require_owner};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Offer an item; by its owner, who owns the account too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenOffer {
    /// What is offered.
    pub item: ItemId,
    /// For how much.
    pub price: Money,
    /// The account that the price is paid to.
    pub destination: AccountId,
    /// For how long, in seconds.
    pub expires_in: u32,
}

impl Command for OpenOffer {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.destination)?;
        let item = own_item(work, self.item)?;
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return Ok(()) };
        let expires_at = now + TimeDelta::seconds(self.expires_in.into());
        let destination = (self.destination, work.account(self.destination));
        match item.offer(self.item, self.price, destination, expires_at) {
            Ok(opened) => {
                // The offer has the id of its command: the log need not keep a row for it. Nobody can name it before this is answered, and
                // it is read from the log when somebody does.
                let offer = OfferId::new(work.command_id.uuid());
                work.push_new(offer.into(), opened);
                work.push(self.item.into(), ItemLocked { offer });
            }
            Err(refusal) => {
                work.rests_on(self.item.into());
                work.rests_on(self.destination.into());
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
