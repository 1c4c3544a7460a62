//! What is in the bank beside money: holds and standing orders that are not over, items, and open offers.

use std::collections::{BTreeMap, HashMap, HashSet};

use events::recorded::{Event, HoldEvent, ItemEvent, OfferEvent, StandingOrderEvent};
use kernel::AssetCode;
use uuid::Uuid;

use super::rows::{give_count, give_record};
use crate::rows::{Cells, Sink};

/// A hold of which something remains.
struct Hold {
    asset: AssetCode,
    remains: i128,
}

/// A standing order that is not over.
struct Order {
    asset: AssetCode,
    is_paused: bool,
}

/// What there is.
#[derive(Default)]
pub(super) struct Records {
    holds: HashMap<Uuid, Hold>,
    orders: HashMap<Uuid, Order>,
    offers: HashSet<Uuid>,
    items: i64,
}

impl Records {
    pub(super) fn event(&mut self, stream: Uuid, event: &Event) {
        match event {
            Event::Hold(hold) => self.hold(stream, hold),
            Event::StandingOrder(order) => self.order(stream, order),
            Event::Item(ItemEvent::Minted(_)) => self.items += 1,
            Event::Offer(OfferEvent::Opened(_)) => {
                self.offers.insert(stream);
            }
            Event::Offer(_) => {
                self.offers.remove(&stream);
            }
            _ => {}
        }
    }

    /// What remains is added up here, not taken from what an event says is left.
    fn hold(&mut self, stream: Uuid, event: &HoldEvent) {
        if let HoldEvent::Placed(placed) = event {
            self.holds.insert(stream, Hold { asset: placed.asset, remains: placed.amount.units() });
            return;
        }
        let Some(hold) = self.holds.get_mut(&stream) else { return };
        match event {
            HoldEvent::Placed(_) => {}
            HoldEvent::Increased(increased) => hold.remains = hold.remains.saturating_add(increased.by.units()),
            HoldEvent::Captured(captured) if captured.is_final => hold.remains = 0,
            HoldEvent::Captured(captured) => hold.remains -= captured.paid.units(),
            HoldEvent::Released(released) => hold.remains -= released.given_back.units(),
            HoldEvent::Expired(_) => hold.remains = 0,
        }
        if hold.remains == 0 {
            self.holds.remove(&stream);
        }
    }

    fn order(&mut self, stream: Uuid, event: &StandingOrderEvent) {
        let next_at = match event {
            StandingOrderEvent::Placed(placed) => {
                self.orders.insert(stream, Order { asset: placed.money.asset, is_paused: false });
                return;
            }
            StandingOrderEvent::Paused(_) => {
                if let Some(order) = self.orders.get_mut(&stream) {
                    order.is_paused = true;
                }
                return;
            }
            StandingOrderEvent::Ran(ran) => ran.next_at,
            StandingOrderEvent::Skipped(skipped) => skipped.next_at,
            StandingOrderEvent::Resumed(resumed) => resumed.next_at,
            StandingOrderEvent::Cancelled(_) => None,
        };
        if next_at.is_none() {
            self.orders.remove(&stream);
        } else if let Some(order) = self.orders.get_mut(&stream) {
            order.is_paused = false;
        }
    }

    /// How many holds are open of each asset.
    pub(super) fn open_holds(&self) -> BTreeMap<AssetCode, i64> {
        let mut open: BTreeMap<AssetCode, i64> = BTreeMap::new();
        self.holds.values().for_each(|hold| *open.entry(hold.asset).or_default() += 1);
        open
    }

    /// Gives the rows of `bank_counts` and `record_states`.
    pub(super) fn give(&self, cells: &mut Cells, counts: &mut dyn Sink, records: &mut dyn Sink) {
        let paused = self.orders.values().filter(|order| order.is_paused).count() as i64;
        let active = self.orders.len() as i64 - paused;
        let numbers = [
            ("items", self.items),
            ("offers_open", self.offers.len() as i64),
            ("orders_active", active),
            ("orders_paused", paused),
        ];
        for (what, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
            give_count(what, number, cells, counts);
        }
        for (id, hold) in &self.holds {
            give_record(*id, hold.asset.as_str(), "open_holds", cells, records);
        }
        for (id, order) in &self.orders {
            let counted_as = if order.is_paused { "orders_paused" } else { "orders_active" };
            give_record(*id, order.asset.as_str(), counted_as, cells, records);
        }
    }
}
