//! The standing orders of the synthetic bank.

use chrono::{DateTime, Utc, Weekday};
use events::recorded::{
    Event, Every, IfRefused, Refusal, Repeated, Schedule, StandingOrderCancelled, StandingOrderPaused,
    StandingOrderPlaced, StandingOrderRan, StandingOrderResumed, StandingOrderSkipped, TransferEvent, TransferFacts,
    TransferKind, TransferRejected,
};
use kernel::{AccountId, MemberId, Money, OrderId, TransferId};

use super::{
    Bank, Events,
    ids::{account, member, order, transfer, units},
};

/// What every order of the bank pays, from 11 to 12.
const AMOUNT: i128 = 5;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn every(every: Every, count: Option<u32>) -> Schedule {
    let (time, zone) = ("12:00:00".parse().expect("a time"), "Asia/Seoul".to_owned());
    Schedule::Every(Repeated { every, time, zone, from: None, until: None, count })
}

fn ran(n: u128, due_at: &str, refusal: Option<Refusal>, next_at: Option<&str>) -> Event {
    StandingOrderRan { due_at: at(due_at), transfer: TransferId::new(transfer(n)), refusal, next_at: next_at.map(at) }
        .into()
}

impl Bank {
    /// Five orders: one that has all its runs, of which one is refused; one that leaves runs out, is paused and goes on; one that stops; one
    /// that is cancelled; and one that is paused..
    pub(super) fn run_orders(&mut self) {
        self.place_order(1, every(Every::Day, Some(3)), IfRefused::Skip, "2026-03-03T03:00:00Z");
        self.place_order(2, every(Every::Week(Weekday::Tue), None), IfRefused::Skip, "2026-03-03T03:00:00Z");
        self.place_order(3, every(Every::Month(31), None), IfRefused::Stop, "2026-03-31T03:00:00Z");
        self.place_order(4, Schedule::At(at("2027-01-01T00:00:00Z")), IfRefused::Skip, "2027-01-01T00:00:00Z");
        self.place_order(5, every(Every::Day, None), IfRefused::Stop, "2026-03-03T03:00:00Z");
        self.commit(vec![(order(4), StandingOrderCancelled {}.into())]);
        self.commit(vec![(order(5), StandingOrderPaused {}.into())]);
        self.now = at("2026-03-03T03:00:00Z");
        self.run_order(131, 1, "2026-03-03T03:00:00Z", Some("2026-03-04T03:00:00Z"));
        self.now = at("2026-03-05T03:30:00Z");
        self.refuse_order(132, 1, "2026-03-04T03:00:00Z", Some("2026-03-05T03:00:00Z"));
        self.run_order(133, 1, "2026-03-05T03:00:00Z", None);
        self.now = at("2026-03-18T03:30:00Z");
        let skipped =
            StandingOrderSkipped { due_at: at("2026-03-03T03:00:00Z"), next_at: Some(at("2026-03-17T03:00:00Z")) };
        let mut events = vec![(order(2), skipped.into())];
        events.extend(self.run_of(134, 2, "2026-03-17T03:00:00Z", Some("2026-03-24T03:00:00Z")));
        self.commit(events);
        self.commit(vec![(order(2), StandingOrderPaused {}.into())]);
        self.now = at("2026-03-25T03:30:00Z");
        let resumed = StandingOrderResumed { next_at: Some(at("2026-03-31T03:00:00Z")) };
        self.commit(vec![(order(2), resumed.into())]);
        self.now = at("2026-03-31T03:00:01Z");
        self.refuse_order(135, 3, "2026-03-31T03:00:00Z", None);
    }

    fn place_order(&mut self, n: u128, schedule: Schedule, if_refused: IfRefused, next_at: &str) {
        let placed = StandingOrderPlaced {
            owner: MemberId::new(member(11)),
            source: AccountId::new(account(11)),
            destination: AccountId::new(account(12)),
            money: Money { asset: "KRW".parse().expect("an asset"), amount: units(AMOUNT) },
            memo: n.is_multiple_of(2).then(|| format!("order {n}")),
            schedule,
            if_refused,
            catch_up: n == 1,
            next_at: at(next_at),
        };
        self.commit(vec![(order(n), placed.into())]);
    }

    fn run_order(&mut self, n: u128, of: u128, due_at: &str, next_at: Option<&str>) {
        let events = self.run_of(n, of, due_at, next_at);
        self.commit(events);
    }

    /// A run that is posted.
    fn run_of(&mut self, n: u128, of: u128, due_at: &str, next_at: Option<&str>) -> Events {
        let mut events = self.paid(n, TransferKind::Transfer, (11, 12), AMOUNT);
        for (_, event) in &mut events {
            if let Event::Transfer(TransferEvent::Posted(posted)) = event {
                posted.order = Some(OrderId::new(order(of)));
            }
        }
        events.push((order(of), ran(n, due_at, None, next_at)));
        events
    }

    /// A run that is refused.
    fn refuse_order(&mut self, n: u128, of: u128, due_at: &str, next_at: Option<&str>) {
        let refusal = Refusal::of("account-frozen");
        let facts = TransferFacts {
            kind: TransferKind::Transfer,
            source: Some(AccountId::new(account(11))),
            destination: Some(AccountId::new(account(12))),
            asset: "KRW".parse().expect("an asset"),
            amount: units(AMOUNT),
            memo: None,
            reference: None,
            reverses: None,
        };
        let rejected = TransferRejected { facts, asked_by: None, refusal: refusal.clone() };
        self.commit(vec![(transfer(n), rejected.into()), (order(of), ran(n, due_at, Some(refusal), next_at))]);
    }
}
