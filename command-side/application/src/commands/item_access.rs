//! What commands on items and offers have in common.

use domain::{Item, Offer, OfferStatus, Refusal, item};
use events::recorded::{ItemUnlocked, OfferEvent};
use kernel::{AccountNumber, ItemId, MemberId, OfferId, StreamId};

use crate::{ExecuteError, engine::Decision};

/// An item of the actor.
pub fn own_item(work: &Decision<'_>, id: ItemId) -> Result<Item, ExecuteError> {
    let item: &Item = work.get(id.into()).ok_or(ExecuteError::ItemUnknown)?;
    if item.owner == work.actor.id { Ok(item.clone()) } else { Err(ExecuteError::ItemNotYours) }
}

/// The member who receives an item by an account number.
pub fn receiver(work: &Decision<'_>, number: AccountNumber) -> Result<MemberId, Refusal> {
    let account = work.reserved_for(number).and_then(|account| work.account(account));
    item::receiver(account)
}

/// A refusal rests on whose number it is, and on the account.
pub fn rests_on_receiver(work: &mut Decision<'_>, number: AccountNumber) {
    work.rests_on(number.stream());
    if let Some(account) = work.reserved_for(number) {
        work.rests_on(account.into());
    }
}

/// An offer.
pub fn offer(work: &Decision<'_>, id: OfferId) -> Result<Offer, ExecuteError> {
    work.get::<Offer>(id.into()).cloned().ok_or(ExecuteError::OfferUnknown)
}

/// Whether its time is over, as far as that matters.
pub fn has_expired(work: &Decision<'_>, offer: &Offer) -> bool {
    offer.status == OfferStatus::Open && work.has_passed(offer.opened.expires_at)
}

/// Ends an offer without a trade: its item is free again.
pub fn end_offer(work: &mut Decision<'_>, id: OfferId, offer: &Offer, end: impl Into<OfferEvent>) {
    let (item, end): (StreamId, OfferEvent) = (offer.opened.item.into(), end.into());
    // It is looked at, so that its event takes the next version.
    let _ = work.stream(item);
    work.push(id.into(), end);
    work.push(item, ItemUnlocked { offer: id });
}
