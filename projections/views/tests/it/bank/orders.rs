//! Standing orders, and the runs of them.

use chrono::{DateTime, Duration, NaiveTime, Utc, Weekday};
use events::recorded::{
    Every, IfRefused, Refusal, Repeated, Schedule, StandingOrderCancelled, StandingOrderEvent, StandingOrderPaused,
    StandingOrderPlaced, StandingOrderRan, StandingOrderResumed, StandingOrderSkipped, TransferFacts, TransferKind,
    TransferRejected,
};
use kernel::{Money, OrderId, TransferId};
use uuid::Uuid;

use super::{Bank, Cause, units};

/// A standing order that is not over.
pub struct Standing {
    id: OrderId,
    version: i64,
    source: usize,
    destination: usize,
    amount: i128,
    if_refused: IfRefused,
    /// None if it is paused.
    next_at: Option<DateTime<Utc>>,
    is_over: bool,
}

impl Bank {
    /// One more thing that can happen to standing orders.
    pub(super) fn order(&mut self) {
        if self.orders.is_empty() || self.random.percent(20) {
            self.place_order();
        }
        let at = self.random.below(self.orders.len());
        // Several runs within one commit are as good as one.
        for _ in 0..=self.random.below(2) {
            let what = self.random.below(20);
            match (self.orders[at].is_over, self.orders[at].next_at) {
                (true, _) => {}
                (false, None) => {
                    let next_at = self.next_run(at);
                    self.go_on(at, next_at, StandingOrderResumed { next_at }.into());
                }
                (false, Some(due_at)) => match what {
                    0 => self.go_on(at, None, StandingOrderPaused {}.into()),
                    1 => self.end_order(at, StandingOrderCancelled {}.into()),
                    2..=4 => {
                        let next_at = self.next_run(at);
                        self.go_on(at, next_at, StandingOrderSkipped { due_at, next_at }.into());
                    }
                    _ => self.run(at, due_at),
                },
            }
        }
        self.orders.retain(|order| !order.is_over);
    }

    fn place_order(&mut self) {
        let members: Vec<_> = (0..self.accounts.len()).filter(|&at| !self.accounts[at].system).collect();
        let source = members[self.random.below(members.len())];
        let destination = members[self.random.below(members.len())];
        let (id, amount) = (OrderId::new(Uuid::from_u128(self.random.bits())), 1 + self.random.below(1_000) as i128);
        let next_at = self.now + Duration::hours(1);
        let if_refused = if self.random.percent(50) { IfRefused::Skip } else { IfRefused::Stop };
        let placed = StandingOrderPlaced {
            owner: self.member(),
            source: self.accounts[source].id,
            destination: self.accounts[destination].id,
            money: Money { asset: self.accounts[source].asset, amount: units(amount) },
            memo: self.memo(),
            schedule: self.schedule(next_at),
            if_refused,
            catch_up: self.random.percent(50),
            next_at,
        };
        let next_at = Some(next_at);
        let (version, is_over) = (1, false);
        self.orders.push(Standing { id, version, source, destination, amount, if_refused, next_at, is_over });
        self.record(id.into(), 1, placed);
    }

    /// A new order that is paused.
    pub fn paused_order(&mut self) {
        self.place_order();
        self.go_on(self.orders.len() - 1, None, StandingOrderPaused {}.into());
    }

    fn schedule(&mut self, next_at: DateTime<Utc>) -> Schedule {
        let every = match self.random.below(4) {
            0 => return Schedule::At(next_at),
            1 => Every::Day,
            2 => Every::Week(Weekday::Sun),
            _ => Every::Month(31),
        };
        let time = NaiveTime::from_hms_opt(9, 30, 0).expect("a time");
        let until = self.random.percent(50).then(|| (self.now + Duration::days(400)).date_naive());
        let count = self.random.percent(50).then_some(12);
        Schedule::Every(Repeated { every, time, zone: "Asia/Seoul".into(), from: None, until, count })
    }

    fn next_run(&mut self, at: usize) -> Option<DateTime<Utc>> {
        // Later than any run of it before, also within one commit.
        let next_at = self.now + Duration::days(1) + Duration::microseconds(self.orders[at].version);
        self.random.percent(85).then_some(next_at)
    }

    /// An event leaves it with a next run, or paused, or over.
    fn go_on(&mut self, at: usize, next_at: Option<DateTime<Utc>>, event: StandingOrderEvent) {
        let is_paused = matches!(event, StandingOrderEvent::Paused(_));
        let order = &mut self.orders[at];
        (order.next_at, order.is_over) = (next_at, next_at.is_none() && !is_paused);
        order.version += 1;
        let (stream, version) = (order.id.into(), order.version);
        self.record(stream, version, event);
    }

    fn end_order(&mut self, at: usize, event: StandingOrderEvent) {
        self.go_on(at, None, event);
    }

    fn run(&mut self, at: usize, due_at: DateTime<Utc>) {
        let Standing { id, source, destination, amount, if_refused, .. } = self.orders[at];
        let facts = TransferFacts {
            kind: TransferKind::Transfer,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount: units(amount),
            memo: None,
            reference: None,
            reverses: None,
        };
        let next_at = self.next_run(at);
        if self.room(source, destination) >= amount {
            let transfer = self.next_transfer();
            self.go_on(at, next_at, StandingOrderRan { due_at, transfer, refusal: None, next_at }.into());
            return self.post(source, destination, facts, Cause { order: Some(id), ..Cause::default() });
        }
        let (transfer, refusal) = (TransferId::new(Uuid::from_u128(self.random.bits())), Refusal::of("account-frozen"));
        let next_at = next_at.filter(|_| if_refused == IfRefused::Skip);
        self.record(transfer.into(), 1, TransferRejected { facts, asked_by: None, refusal: refusal.clone() });
        self.go_on(at, next_at, StandingOrderRan { due_at, transfer, refusal: Some(refusal), next_at }.into());
    }
}
