//! The limits of the synthetic bank, and what its members have used of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    AccountEvent, AccountLimitsAssigned, Cap, Counted, CountedFor, Event, HoldEvent, LimitDeleted, LimitSet, LimitUse,
    LimitWindow, LimitedKind, TransferCount, TransferEvent, TransferKind,
};
use kernel::{AccountId, StreamId, TimeWindow, Zone};

use super::{
    Bank, CASH, Events,
    ids::{account, units},
};

/// All limits, and what is used of them.
#[derive(Default)]
pub struct Limits {
    set: Vec<LimitSet>,
    assigned: HashMap<u128, Vec<String>>,
    used: HashMap<u128, Vec<LimitUse>>,
}

impl Limits {
    /// What is used after this account pays so much, and what is counted for it.
    fn count(
        &mut self,
        n: u128,
        kind: LimitedKind,
        (amount, count): (i128, u32),
        at: DateTime<Utc>,
    ) -> (Vec<LimitUse>, Vec<Counted>) {
        let (all, assigned) = (self.used.entry(n).or_default(), self.assigned.get(&n));
        let (mut used, mut counted) = (Vec::new(), Vec::new());
        let applies = |limit: &&LimitSet| {
            let is_assigned = assigned.is_some_and(|names| names.contains(&limit.name));
            limit.kinds.contains(&kind) && (limit.everyone || is_assigned)
        };
        for limit in self.set.iter().filter(applies) {
            for window in [LimitWindow::Day, LimitWindow::Month] {
                let Some(TimeWindow { until, .. }) = window_of(limit, window, at) else { continue };
                let name = &limit.name;
                let before =
                    all.iter().find(|used| used.limit == *name && used.window == window && used.until == until);
                let before = before.map_or((0, 0), |used| (used.amount.units(), used.count));
                let (limit, sum) = (name.clone(), units(before.0 + amount));
                used.push(LimitUse { limit, window, until, amount: sum, count: before.1 + count });
                counted.push(Counted { limit: name.clone(), window, until, amount: units(amount), count });
            }
        }
        put(all, &used);
        (used, counted)
    }

    /// What is used after something is given back.
    fn give_back(&mut self, n: u128, counted: &[Counted]) -> Vec<LimitUse> {
        let all = self.used.entry(n).or_default();
        let after = counted.iter().filter_map(|back| {
            let same =
                |used: &&LimitUse| (&used.limit, used.window, used.until) == (&back.limit, back.window, back.until);
            let before = all.iter().find(same)?.clone();
            let amount = units(before.amount.units() - back.amount.units());
            Some(LimitUse { amount, count: before.count - back.count, ..before })
        });
        let after: Vec<LimitUse> = after.collect();
        put(all, &after);
        after
    }
}

fn put(all: &mut Vec<LimitUse>, after: &[LimitUse]) {
    all.retain(|before| !after.iter().any(|after| (&after.limit, after.window) == (&before.limit, before.window)));
    all.extend_from_slice(after);
}

fn window_of(limit: &LimitSet, window: LimitWindow, at: DateTime<Utc>) -> Option<TimeWindow> {
    let zone: Zone = limit.zone.parse().expect("a zone");
    match window {
        LimitWindow::Day => limit.per_day.and_then(|_| zone.day(at)),
        LimitWindow::Month => limit.per_month.and_then(|_| zone.month(at)),
        LimitWindow::Transfer => None,
    }
}

/// Says in events what is used, by the account that pays or is given back, and what is counted.
fn state(events: &mut Events, is_back: bool, used: &[LimitUse], counted: &[Counted], payer: u128) {
    for (_, event) in events {
        match event {
            Event::Account(AccountEvent::Debited(e)) if !is_back => e.used = used.to_vec(),
            Event::Account(AccountEvent::FundsHeld(e)) if !is_back => e.used = used.to_vec(),
            Event::Account(AccountEvent::Credited(e)) if is_back => e.used = used.to_vec(),
            Event::Account(AccountEvent::FundsReleased(e)) if is_back => e.used = used.to_vec(),
            Event::Hold(HoldEvent::Placed(e)) => e.counted = counted.to_vec(),
            Event::Hold(HoldEvent::Increased(e)) => e.counted = counted.to_vec(),
            Event::Transfer(TransferEvent::Posted(e)) => {
                let of = |counted: &Counted| CountedFor {
                    account: AccountId::new(account(payer)),
                    counted: counted.clone(),
                };
                e.counted = counted.iter().map(|counted| TransferCount::new(of(counted), &e.legs)).collect();
            }
            _ => {}
        }
    }
}

impl Bank {
    fn limit(&mut self, limit: LimitSet) {
        self.limits.set.push(limit.clone());
        self.commit(vec![(StreamId::LIMITS.uuid(), limit.into())]);
    }

    /// A movement that limits count, of 11 or 12.
    pub(super) fn paid(&mut self, n: u128, kind: TransferKind, sides: (u128, u128), amount: i128) -> Events {
        let limited = match kind {
            TransferKind::Charge => LimitedKind::Charge,
            TransferKind::Trade => LimitedKind::Trade,
            _ => LimitedKind::Transfer,
        };
        let (used, counted) = self.limits.count(sides.0, limited, (amount, 1), self.now);
        let mut events = self.moved(n, kind, sides.0, sides.1, amount, "KRW", None);
        state(&mut events, false, &used, &counted, sides.0);
        events
    }

    /// What is held of 11 or 12, as limits count it.
    pub(super) fn held(
        &mut self,
        mut events: Events,
        source: u128,
        kind: LimitedKind,
        (amount, count): (i128, u32),
    ) -> Events {
        let (used, counted) = self.limits.count(source, kind, (amount, count), self.now);
        state(&mut events, false, &used, &counted, source);
        events
    }

    /// Three limits, of which one is deleted and one is assigned to 11.
    pub(super) fn limit_payments(&mut self) {
        for n in [11, 12] {
            self.open(n, "KRW");
            self.transfer(100 + n, TransferKind::Deposit, CASH, n, 1000, "KRW", None);
        }
        let daily = LimitSet {
            name: "daily".into(),
            asset: "KRW".parse().expect("an asset"),
            kinds: vec![LimitedKind::Transfer, LimitedKind::Hold, LimitedKind::Charge, LimitedKind::Trade],
            everyone: true,
            per_transfer: Some(units(500)),
            per_day: Some(Cap { amount: Some(units(600)), count: Some(20) }),
            per_month: Some(Cap { amount: Some(units(5000)), count: None }),
            zone: "Asia/Seoul".into(),
        };
        let of_month = Some(Cap { amount: None, count: Some(200) });
        let (everyone, kinds, zone) = (false, vec![LimitedKind::Transfer], "UTC".to_owned());
        let low =
            LimitSet { name: "low".into(), everyone, kinds, zone, per_day: None, per_month: of_month, ..daily.clone() };
        let old = LimitSet { name: "old".into(), per_transfer: None, ..low.clone() };
        self.limit(LimitSet { per_transfer: None, ..daily.clone() });
        self.limits.set.clear();
        self.limit(daily);
        self.limit(low);
        self.limit(old);
        self.commit(vec![(StreamId::LIMITS.uuid(), LimitDeleted { name: "old".into() }.into())]);
        self.limits.set.pop();
        self.turn(11, AccountLimitsAssigned { limits: vec!["low".into()] }.into());
        self.limits.assigned.insert(11, vec!["low".into()]);
        self.pay_within_limits();
    }

    fn pay_within_limits(&mut self) {
        let paid = self.paid(113, TransferKind::Transfer, (11, 12), 100);
        self.commit(paid);
        let paid = self.paid(114, TransferKind::Transfer, (12, 11), 50);
        let counted = counted_in(&paid);
        self.commit(paid);
        let mut back = self.moved(115, TransferKind::Reversal, 11, 12, 50, "KRW", Some(114));
        let used = self.limits.give_back(12, &counted);
        state(&mut back, true, &used, &[], 12);
        self.commit(back);
        self.hold_within_limits();
    }

    /// Of 80 and 20 more that are held of 11, 30 are given back, 40 are paid, and with that the rest is given back.
    fn hold_within_limits(&mut self) {
        let placed = self.holds.place((11, 11, None), 80, self.now + chrono::TimeDelta::days(1));
        let placed = self.held(placed, 11, LimitedKind::Hold, (80, 1));
        self.commit(placed);
        let increased = self.holds.increase(11, 20);
        let increased = self.held(increased, 11, LimitedKind::Hold, (20, 0));
        let counted = counted_in(&increased);
        self.commit(increased);
        let part =
            |amount: i128| counted.iter().map(move |of| Counted { amount: units(amount), count: 0, ..of.clone() });
        let mut released = self.holds.release(11, 30);
        let used = self.limits.give_back(11, &part(30).collect::<Vec<_>>());
        state(&mut released, true, &used, &[], 11);
        self.commit(released);
        let mut events = self.holds.capture(116, 11, 40, true);
        let used = self.limits.give_back(11, &part(30).collect::<Vec<_>>());
        state(&mut events, true, &used, &[], 11);
        let mut moved = self.captured(116, 11, 12, 40);
        state(&mut moved, false, &[], &part(40).collect::<Vec<_>>(), 11);
        events.extend(moved);
        self.commit(events);
    }
}

/// What a transfer or a hold says that it counted.
fn counted_in(events: &Events) -> Vec<Counted> {
    let counted = events.iter().find_map(|(_, event)| match event {
        Event::Transfer(TransferEvent::Posted(e)) => Some(e.counted_for().into_iter().map(|of| of.counted).collect()),
        Event::Hold(HoldEvent::Placed(e)) => Some(e.counted.clone()),
        Event::Hold(HoldEvent::Increased(e)) => Some(e.counted.clone()),
        _ => None,
    });
    counted.expect("a payment")
}
