//! Payment codes, items, offers and standing orders, as their events leave them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::fields::text;

/// An item as its events leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub owner: Uuid,
    /// The offer that is open.
    pub offer: Option<Uuid>,
}

/// A standing order as its events leave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// When its next run is due; none if it is paused, or over.
    pub next_at: Option<DateTime<Utc>>,
    /// When each run was due, and the transfer of it.
    pub runs: BTreeMap<DateTime<Utc>, Uuid>,
}

/// What members have agreed on.
#[derive(Debug, Default)]
pub struct Agreements {
    pub items: BTreeMap<Uuid, Item>,
    /// Offers that are open, and when each ends.
    pub offers: BTreeMap<Uuid, DateTime<Utc>>,
    pub orders: BTreeMap<Uuid, Order>,
    /// Payment codes that can be used, and until when.
    pub codes: BTreeMap<Uuid, DateTime<Utc>>,
    /// Transfers that paid for an item, with a code, or for an order: each for one thing.
    paid: BTreeSet<Uuid>,
}

fn id(payload: &Value, field: &str) -> Uuid {
    text(payload, field).parse().unwrap()
}

fn time(payload: &Value, field: &str) -> Option<DateTime<Utc>> {
    payload[field].as_str().map(|time| time.parse().unwrap())
}

impl Agreements {
    /// An event of one of them; others change nothing.
    pub(super) fn apply(&mut self, stream: Uuid, kind: &str, payload: &Value, at: DateTime<Utc>) {
        match kind {
            "PaymentCodeIssued" => {
                let is_new = self.codes.insert(stream, time(payload, "expires_at").unwrap()).is_none();
                assert!(is_new, "code {stream} is issued once");
            }
            "PaymentCodeUsed" => {
                let until = self.codes.remove(&stream).unwrap_or_else(|| panic!("code {stream} is used once"));
                assert!(at < until, "code {stream} is used before {until}, not at {at}");
                if let Some(transfer) = payload["used_for"]["transfer"].as_str() {
                    self.pay(transfer.parse().unwrap());
                }
            }
            kind if kind.starts_with("Item") => self.item(stream, kind, payload),
            kind if kind.starts_with("Offer") => self.offer(stream, kind, payload, at),
            kind if kind.starts_with("StandingOrder") => self.order(stream, kind, payload, at),
            _ => {}
        }
    }

    fn pay(&mut self, transfer: Uuid) {
        assert!(self.paid.insert(transfer), "transfer {transfer} pays for one thing");
    }

    fn item(&mut self, stream: Uuid, kind: &str, payload: &Value) {
        if kind == "ItemMinted" {
            let item = Item { owner: id(payload, "owner"), offer: None };
            assert!(self.items.insert(stream, item).is_none(), "item {stream} comes to be once");
            return;
        }
        let item = self.items.get_mut(&stream).unwrap_or_else(|| panic!("item {stream} came to be first"));
        match kind {
            "ItemTransferred" => {
                assert_eq!(
                    *item,
                    Item { owner: id(payload, "from"), offer: None },
                    "item {stream} is given by its owner"
                );
                item.owner = id(payload, "to");
            }
            "ItemLocked" => {
                assert_eq!(item.offer, None, "item {stream} is offered once");
                item.offer = Some(id(payload, "offer"));
            }
            "ItemUnlocked" => assert_eq!(item.offer.take(), Some(id(payload, "offer")), "item {stream} was offered"),
            "ItemTraded" => {
                let sold = Item { owner: id(payload, "from"), offer: Some(id(payload, "offer")) };
                assert_eq!(*item, sold, "item {stream} is sold by its owner");
                *item = Item { owner: id(payload, "to"), offer: None };
                self.pay(id(payload, "transfer"));
            }
            other => panic!("{other} is no event of an item"),
        }
    }

    fn offer(&mut self, stream: Uuid, kind: &str, payload: &Value, at: DateTime<Utc>) {
        if kind == "OfferOpened" {
            let is_new = self.offers.insert(stream, time(payload, "expires_at").unwrap()).is_none();
            assert!(is_new, "offer {stream} is opened once");
            return;
        }
        let until = self.offers.remove(&stream).unwrap_or_else(|| panic!("offer {stream} ends once"));
        match kind {
            "OfferAccepted" => assert!(at < until, "offer {stream} is accepted before {until}, not at {at}"),
            "OfferExpired" => assert!(at >= until, "offer {stream} expires from {until} on, not at {at}"),
            _ => {}
        }
    }

    fn order(&mut self, stream: Uuid, kind: &str, payload: &Value, at: DateTime<Utc>) {
        let next_at = time(payload, "next_at");
        if kind == "StandingOrderPlaced" {
            let order = Order { next_at, ..Order::default() };
            assert!(self.orders.insert(stream, order).is_none(), "order {stream} is placed once");
            return;
        }
        let order = self.orders.get_mut(&stream).unwrap_or_else(|| panic!("order {stream} was placed first"));
        let due_at = time(payload, "due_at");
        if matches!(kind, "StandingOrderRan" | "StandingOrderSkipped") {
            assert_eq!(order.next_at, due_at, "order {stream} goes on with its next run");
            assert!(due_at.is_some_and(|due_at| due_at <= at), "order {stream} goes on when it is due, not at {at}");
        }
        order.next_at = next_at;
        if kind == "StandingOrderRan" {
            let transfer = id(payload, "transfer");
            let before = order.runs.insert(due_at.unwrap(), transfer);
            assert_eq!(before, None, "each run of order {stream} happens once");
            self.pay(transfer);
        }
    }

    /// Each open offer is of an item that says so, and the other way round.
    pub(super) fn check(&self) {
        let offered: BTreeSet<Uuid> = self.items.values().filter_map(|item| item.offer).collect();
        assert_eq!(offered, self.offers.keys().copied().collect(), "items are locked by open offers");
    }
}
