//! An item is given to another member.

use std::sync::Arc;

use kernel::{AccountNumber, ItemId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    item_access::{own_item, receiver, rests_on_receiver},
    item_outcome::item_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Give an item to another member; by its owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferItem {
    /// Which.
    pub item: ItemId,
    /// An account number of the member who receives it.
    pub to: AccountNumber,
}

impl Command for TransferItem {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let to = receiver(work, self.to);
        let item = own_item(work, self.item)?;
        match to.and_then(|to| item.transfer(to)) {
            Ok(transferred) => work.push(self.item.into(), transferred),
            Err(refusal) => {
                work.rests_on(self.item.into());
                rests_on_receiver(work, self.to);
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
        item_outcome(events, place, unit)
    }
}
