//! An item comes to be.

use std::sync::Arc;

use domain::{Item, Refusal};
use events::recorded::ItemMinted;
use kernel::{AccountNumber, ItemId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    item_access::{receiver, rests_on_receiver},
    item_outcome::item_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Mint an item; by a service or an operator. Its id follows from collection and serial: there is one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MintItem {
    /// What it is one of.
    pub collection: String,
    /// Which of them.
    pub serial: String,
    /// An account number of the member who receives it.
    pub owner: AccountNumber,
    /// Where it is described.
    pub metadata_url: Option<String>,
    /// The SHA-256 digest of the description, in 64 hexadecimal digits.
    pub digest: Option<String>,
}

impl Command for MintItem {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let id = ItemId::of(&self.collection, &self.serial);
        match self.minted(work, id) {
            Ok(minted) => work.push(id.into(), minted),
            Err(refusal) => {
                work.rests_on(id.into());
                rests_on_receiver(work, self.owner);
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

impl MintItem {
    fn minted(&self, work: &Decision<'_>, id: ItemId) -> Result<ItemMinted, Refusal> {
        // Both are looked at before one of them is refused, so that both are read at once.
        let (owner, is_there) = (receiver(work, self.owner), work.get::<Item>(id.into()).is_some());
        if is_there {
            return Err(Refusal::SerialTaken);
        }
        Ok(ItemMinted {
            collection: self.collection.clone(),
            serial: self.serial.clone(),
            owner: owner?,
            metadata_url: self.metadata_url.clone(),
            digest: self.digest.clone(),
        })
    }
}
