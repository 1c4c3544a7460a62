//! An offer is accepted: money and item change hands in one commit.

use std::sync::Arc;

use domain::{Account, Offer, Refusal};
use events::recorded::{ItemTraded, OfferAccepted, Trade, TransferKind};
use kernel::{AccountId, MemberId, OfferId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    item_access::{has_expired, offer},
    posting::{Particulars, PendingTransfer, post_legs, reject},
    transfer::require_owner,
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Accept an offer; by a member who owns the account that pays, and is not the seller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcceptOffer {
    /// Which.
    pub offer: OfferId,
    /// The account that pays. Its owner is the buyer.
    pub source: AccountId,
}

impl Command for AcceptOffer {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.source)?;
        let offer = offer(work, self.offer)?;
        // Nobody pays from an account that is not there: then it makes no difference who the buyer is.
        let buyer = work.account(self.source).and_then(Account::owner).unwrap_or(work.actor.id);
        let acceptable = offer.usable(has_expired(work, &offer)).and_then(|()| offer.acceptable_by(buyer));
        if let Err(refusal) = acceptable {
            work.rests_on(self.offer.into());
            work.refuse(refusal);
        } else if let Err(refusal) = self.trade(rules, work, &offer, buyer) {
            let opened = offer.opened;
            work.rests_on(self.offer.into());
            let transfer = PendingTransfer::new(TransferKind::Trade, self.source, opened.price);
            reject(work, PendingTransfer { destination: Some(opened.destination), ..transfer }, refusal);
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        transfer_outcome(events, place, unit)
    }
}

impl AcceptOffer {
    /// The buyer pays, and has the item.
    fn trade(
        &self,
        rules: &MoneyRules,
        work: &mut Decision<'_>,
        offer: &Offer,
        buyer: MemberId,
    ) -> Result<(), Refusal> {
        let opened = &offer.opened;
        // The item is looked at, so that its event takes the next version.
        let _ = work.stream(opened.item.into());
        let transfer = work.next_transfer();
        let legs = domain::payment(self.source, opened.destination, opened.price)?;
        let trade = Some(Trade { item: opened.item, offer: self.offer });
        post_legs(rules, work, legs, Particulars { trade, ..Particulars::of(TransferKind::Trade) }, &[])?;
        work.push(self.offer.into(), OfferAccepted { buyer, transfer });
        let traded = ItemTraded { offer: self.offer, from: opened.seller, to: buyer, transfer };
        work.push(opened.item.into(), traded);
        Ok(())
    }
}
