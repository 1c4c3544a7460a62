//! The oracle's own book of items and of the offers of them: one owner each, and money and item change hands together.
//!
//! An offer that is over is forgotten, so memory grows with the items and the open offers. What comes after the end of an offer is found
//! because nothing is known of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, Holder, ItemEvent, ItemMinted, ItemTraded, OfferAccepted, OfferEvent, OfferOpened, TransferEvent,
    TransferKind, TransferPosted,
};
use kernel::{AssetCode, ItemId, MemberId, Money};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
    transfers::{Payment, TransferEvents},
};

/// An item.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Item {
    owner: MemberId,
    /// The offer that is open.
    offer: Option<Uuid>,
}

/// An offer that is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Offer {
    item: Uuid,
    seller: MemberId,
    price: Money,
    destination: Uuid,
    expires_at: DateTime<Utc>,
}

/// All items, and the offers that are open.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Items {
    items: HashMap<Uuid, Item>,
    open: HashMap<Uuid, Offer>,
}

/// What one commit says, and what the ledger knows after it.
#[derive(Clone, Copy)]
struct Context<'a> {
    commit: &'a Commit,
    transfers: &'a HashMap<Uuid, TransferEvents<'a>>,
    ledger: &'a Ledger,
}

impl Context<'_> {
    /// Whether the commit has such an event on this stream.
    fn says(&self, stream: Uuid, is: impl Fn(&Event) -> bool) -> bool {
        self.commit.events.iter().any(|event| event.stream == stream && is(&event.recorded))
    }

    /// The member whose account of this asset it is.
    fn owner(&self, account: Uuid, asset: AssetCode) -> Option<MemberId> {
        let account = self.ledger.accounts.get(&account).filter(|account| account.asset == asset)?;
        match account.holder {
            Holder::Member { owner, .. } => Some(owner),
            Holder::System { .. } => None,
        }
    }
}

impl Items {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(
        &mut self,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
        findings: &mut Findings,
    ) {
        let context = Context { commit, transfers, ledger };
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::Item(ItemEvent::Minted(minted)) => self.mint(event, minted),
                Event::Item(item) => self.change(event.stream, item, context),
                Event::Offer(OfferEvent::Opened(opened)) => self.open(event, opened, context),
                Event::Offer(offer) => self.end(event.stream, offer, context),
                Event::Transfer(TransferEvent::Posted(posted)) if is_trade(posted) => {
                    trade_fault(event.stream, posted, context)
                }
                _ => continue,
            };
            findings.require(Rule::Items, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
    }

    fn mint(&mut self, event: &assemble::Event, minted: &ItemMinted) -> Option<String> {
        let ItemMinted { collection, serial, owner, .. } = minted;
        let is_known = self.items.insert(event.stream, Item { owner: *owner, offer: None }).is_some();
        if is_known || event.version != 1 {
            return Some(format!("comes to be as version {}", event.version));
        }
        let id = ItemId::of(collection, serial);
        (id.uuid() != event.stream).then(|| format!("is number {serial} of {collection}, whose id is {id}"))
    }

    /// What happens to an item later; what is wrong with that.
    fn change(&mut self, id: Uuid, event: &ItemEvent, context: Context<'_>) -> Option<String> {
        let Some(item) = self.items.get_mut(&id) else { return Some("never came to be".to_owned()) };
        let Item { owner, offer: open } = *item;
        match event {
            // It comes to be once.
            ItemEvent::Minted(_) => None,
            ItemEvent::Transferred(given) => {
                (item.owner, item.offer) = (given.to, None);
                let offered = open.map(|open| format!("is given away, and is offered in {open}"));
                offered.or_else(|| (given.from != owner).then(|| not_owned("given away", given.from, owner)))
            }
            ItemEvent::Locked(locked) => {
                let offer = locked.offer.uuid();
                item.offer = Some(offer);
                let opens = |event: &Event| matches!(event, Event::Offer(OfferEvent::Opened(e)) if e.item.uuid() == id);
                let offered = open.map(|open| format!("is offered in {offer}, and is offered in {open}"));
                offered.or_else(|| (!context.says(offer, opens)).then(|| unsaid("is offered", offer)))
            }
            ItemEvent::Unlocked(unlocked) => {
                let offer = unlocked.offer.uuid();
                item.offer = None;
                let ends =
                    |event: &Event| matches!(event, Event::Offer(OfferEvent::Cancelled(_) | OfferEvent::Expired(_)));
                let is_open = open == Some(offer);
                let other = (!is_open).then(|| format!("is not offered in {offer} any more, and was not before"));
                other.or_else(|| (!context.says(offer, ends)).then(|| unsaid("is not offered any more", offer)))
            }
            ItemEvent::Traded(traded) => {
                let offer = traded.offer.uuid();
                (item.owner, item.offer) = (traded.to, None);
                let accepts = |event: &Event| matches!(event, Event::Offer(OfferEvent::Accepted(e)) if (e.buyer, e.transfer) == (traded.to, traded.transfer));
                if open != Some(offer) {
                    return Some(format!("is sold in {offer}, and is not offered there"));
                }
                let other = (traded.from != owner).then(|| not_owned("sold", traded.from, owner));
                other.or_else(|| (!context.says(offer, accepts)).then(|| unsaid("is sold", offer)))
            }
        }
    }

    fn open(&mut self, event: &assemble::Event, opened: &OfferOpened, context: Context<'_>) -> Option<String> {
        let OfferOpened { seller, price, expires_at, .. } = *opened;
        let (id, item, destination) = (event.stream, opened.item.uuid(), opened.destination.uuid());
        let is_known = self.open.insert(id, Offer { item, seller, price, destination, expires_at }).is_some();
        if is_known || event.version != 1 {
            return Some(format!("is opened as version {}", event.version));
        }
        if !price.amount.is_positive() {
            return Some(format!("is for {}", price.amount));
        }
        if self.items.get(&item).is_none_or(|item| item.owner != seller) {
            return Some(format!("is of item {item}, which is not {seller}'s"));
        }
        if context.owner(destination, price.asset) != Some(seller) {
            return Some(format!("is paid to {destination}, which is no account of {seller} of {}", price.asset));
        }
        let locks = |event: &Event| matches!(event, Event::Item(ItemEvent::Locked(e)) if e.offer.uuid() == id);
        (!context.says(item, locks)).then(|| format!("is of item {item}, which does not say so"))
    }

    /// An offer ends; what is wrong with that.
    fn end(&mut self, id: Uuid, event: &OfferEvent, context: Context<'_>) -> Option<String> {
        let Some(offer) = self.open.remove(&id) else { return Some("was never opened, or is over".to_owned()) };
        let (item, expires_at, at) = (offer.item, offer.expires_at, context.commit.recorded_at);
        let unlocks = |event: &Event| matches!(event, Event::Item(ItemEvent::Unlocked(e)) if e.offer.uuid() == id);
        match event {
            // It is opened once.
            OfferEvent::Opened(_) => None,
            OfferEvent::Accepted(accepted) => match at >= expires_at {
                true => Some(format!("ended at {expires_at}, and is accepted at {at}")),
                false => offer.sale_fault(id, accepted, context),
            },
            OfferEvent::Expired(_) if at < expires_at => {
                Some(format!("ends at {expires_at}, and is recorded as expired at {at}"))
            }
            OfferEvent::Expired(_) | OfferEvent::Cancelled(_) => {
                (!context.says(item, unlocks)).then(|| format!("is over, and item {item} is still offered"))
            }
        }
    }
}

impl Offer {
    /// What is wrong with the sale of its item, if anything is.
    fn sale_fault(&self, id: Uuid, accepted: &OfferAccepted, context: Context<'_>) -> Option<String> {
        let Self { item, seller, price, destination, .. } = *self;
        let OfferAccepted { buyer, transfer } = *accepted;
        if buyer == seller {
            return Some(format!("is accepted by {buyer}, who opened it"));
        }
        let sells = |traded: &ItemTraded| {
            let ItemTraded { offer, from, to, transfer: paid_by } = *traded;
            (offer.uuid(), from, to, paid_by) == (id, seller, buyer, transfer)
        };
        if !context.says(item, |event| matches!(event, Event::Item(ItemEvent::Traded(traded)) if sells(traded))) {
            return Some(format!("is accepted by {buyer}, and item {item} is not sold so"));
        }
        let posted = context.transfers.get(&transfer.uuid()).and_then(|events| events.posted);
        let of_this = |posted: &&TransferPosted| {
            let names_it = posted.trade.is_some_and(|trade| (trade.item.uuid(), trade.offer.uuid()) == (item, id));
            posted.kind == TransferKind::Trade && names_it
        };
        let Some(payment) = posted.filter(of_this).and_then(Payment::of) else {
            return Some(format!("is paid by {transfer}, which is no trade of it"));
        };
        let Payment { source, destination: paid_to, asset, amount } = payment;
        if (paid_to, asset, amount) != (destination, price.asset, price.amount.units()) {
            let Money { asset: ought, amount: most } = price;
            return Some(format!(
                "is {most} {ought} to {destination}, and {transfer} pays {amount} {asset} to {paid_to}"
            ));
        }
        let is_buyers = context.owner(source, asset) == Some(buyer);
        (!is_buyers).then(|| format!("is accepted by {buyer}, and paid from account {source}"))
    }
}

fn is_trade(posted: &TransferPosted) -> bool {
    posted.kind == TransferKind::Trade || posted.trade.is_some()
}

/// What is wrong with a transfer that pays for an item, if no item is sold for it.
fn trade_fault(id: Uuid, posted: &TransferPosted, context: Context<'_>) -> Option<String> {
    let Some(trade) = posted.trade else { return Some("is a trade of no item".to_owned()) };
    let (item, offer) = (trade.item.uuid(), trade.offer);
    let sells = |event: &Event| matches!(event, Event::Item(ItemEvent::Traded(e)) if (e.offer, e.transfer.uuid()) == (offer, id));
    (!context.says(item, sells)).then(|| format!("pays for item {item}, which is not sold for it"))
}

fn not_owned(how: &str, by: MemberId, owner: MemberId) -> String {
    format!("is {how} by {by}, and is {owner}'s")
}

fn unsaid(what: &str, offer: Uuid) -> String {
    format!("{what} in {offer}, which does not say so")
}

#[cfg(test)]
mod tests;
