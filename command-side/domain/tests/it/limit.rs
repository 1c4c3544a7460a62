use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Account, BankLimits, Freeze, Hold, Limited, Limits, Moved, Movement, Refusal, Transfer, hold,
    limit::{LogTime, MOST_LIMITS},
    payments,
};
use events::recorded::{
    AccountEvent, AccountLimitsAssigned, Cap, HoldEvent, HoldPlaced, LimitDeleted, LimitReached, LimitSet, LimitUse,
    LimitWindow, LimitedKind, TransferCount, TransferKind, TransferPosted,
};
use kernel::{Actor, MemberId, Role};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{account_id, credited, given, hold_id, minor, money, opened, system, transfer};

/// A clock that stands still.
#[derive(Default)]
pub struct At(Cell<DateTime<Utc>>);

impl At {
    fn new(text: &str) -> Self {
        Self(Cell::new(time(text)))
    }

    fn pass(&self, span: TimeDelta) {
        self.0.set(self.0.get() + span);
    }
}

impl LogTime for At {
    fn now(&self) -> Option<DateTime<Utc>> {
        Some(self.0.get())
    }

    fn has_passed(&self, moment: DateTime<Utc>) -> bool {
        self.0.get() >= moment
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn limit(name: &str, kinds: &[LimitedKind]) -> LimitSet {
    LimitSet {
        name: name.into(),
        asset: money("KRW", 1).asset,
        kinds: kinds.to_vec(),
        everyone: true,
        per_transfer: None,
        per_day: None,
        per_month: None,
        zone: "Asia/Seoul".into(),
    }
}

fn amount(units: i128) -> Option<Cap> {
    Some(Cap { amount: Some(minor(units)), count: None })
}

fn often(count: u32) -> Option<Cap> {
    Some(Cap { amount: None, count: Some(count) })
}

fn bank(limits: &[LimitSet]) -> BankLimits {
    let set = |state, limit: &LimitSet| BankLimits::evolve(Some(state), &limit.clone().into()).expect("limits");
    limits.iter().fold(BankLimits::default(), set)
}

/// One account with plenty of money that pays another.
struct Payer {
    limits: BankLimits,
    account: Account,
    at: At,
}

impl Payer {
    fn new(limits: &[LimitSet], at: &str) -> Self {
        let account = given(&[opened("KRW"), credited(1_000_000, 1_000_000)]);
        Self { limits: bank(limits), account, at: At::new(at) }
    }

    fn limited(&self, kind: LimitedKind) -> Limited<'_> {
        Limited { limits: &self.limits, kind, time: &self.at }
    }

    fn change(&mut self, event: &AccountEvent) {
        self.account = Account::evolve(Some(self.account.clone()), event).expect("an account");
    }

    fn pay(&mut self, units: i128) -> Result<Moved, Refusal> {
        self.pay_each(LimitedKind::Transfer, &[units])
    }

    /// Pays several amounts in one transfer.
    fn pay_each(&mut self, kind: LimitedKind, units: &[i128]) -> Result<Moved, Refusal> {
        let other = given(&[opened("KRW")]);
        let payment = |units: &i128| (account_id(1), account_id(2), money("KRW", *units));
        let legs = payments(&units.iter().map(payment).collect::<Vec<_>>()).expect("legs");
        let accounts: Vec<_> = units.iter().flat_map(|_| [Some(&self.account), Some(&other)]).collect();
        let (freeze, limited) = (Freeze::Stops, Some(self.limited(kind)));
        let movement =
            Movement { transfer: transfer(), legs: &legs, accounts: &accounts, freeze, limited, undone: &[] };
        let moved = movement.decide(&Limits::NONE)?;
        for event in moved.events.iter().step_by(2) {
            self.change(event);
        }
        Ok(moved)
    }

    /// A transfer of so much that counted so is reversed.
    fn reverse(&mut self, moved: &Moved, units: i128) {
        let other = given(&[opened("KRW"), credited(1_000_000, 1_000_000)]);
        let legs = payments(&[(account_id(1), account_id(2), money("KRW", units))]).expect("legs");
        let counted = moved.counted.iter().map(|of| TransferCount::new(of.clone(), &legs)).collect();
        let posted = TransferPosted {
            kind: TransferKind::Transfer,
            legs,
            memo: None,
            reference: None,
            reverses: None,
            hold: None,
            despite_freeze: false,
            trade: None,
            order: None,
            asked_by: None,
            counted,
        };
        let state = Transfer::evolve(None, &posted.into()).expect("a transfer");
        let (legs, undone) = state.reverse().expect("not reversed yet");
        let accounts = [Some(&other), Some(&self.account)];
        let (freeze, limited) = (Freeze::IsPassed, None);
        let movement = Movement { transfer: transfer(), legs: &legs, accounts: &accounts, freeze, limited, undone };
        let back = movement.decide(&Limits::NONE).expect("reversed").events.swap_remove(1);
        self.change(&back);
    }

    fn used(&self, window: LimitWindow) -> (i128, u32) {
        let used = self.account.used.iter().find(|used| used.window == window);
        used.map_or((0, 0), |used| (used.amount.units(), used.count))
    }

    fn place(&mut self, units: i128) -> Result<Hold, Refusal> {
        let placed = HoldPlaced {
            source: account_id(1),
            destination: Some(account_id(2)),
            asset: money("KRW", 1).asset,
            amount: minor(units),
            expires_at: DateTime::UNIX_EPOCH,
            memo: None,
            reference: None,
            placed_by: Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(1)) },
            counted: Vec::new(),
        };
        let other = given(&[opened("KRW")]);
        let limited = self.limited(LimitedKind::Hold);
        let (placed, event) = hold::place(hold_id(), placed, Some(&self.account), Some(&other), limited)?;
        self.change(&event);
        Ok(Hold::evolve(None, &placed.into()).expect("a hold"))
    }

    fn increase(&mut self, hold: Hold, units: i128) -> Result<Hold, Refusal> {
        let (kind, money) = (LimitedKind::Hold, money("KRW", units));
        let limited = self.limited(kind);
        let (increased, event) = hold::increase(hold_id(), &hold, money, Some(&self.account), limited)?;
        self.change(&event);
        Ok(Hold::evolve(Some(hold), &increased.into()).expect("a hold"))
    }

    fn release(&mut self, hold: Hold, units: i128) -> Hold {
        let released = hold.release(Some(money("KRW", units)), None).expect("released");
        let event = self.account.release(hold_id(), minor(units), &hold.counted_of(minor(units))).expect("released");
        self.change(&event);
        Hold::evolve(Some(hold), &HoldEvent::from(released)).expect("a hold")
    }

    fn capture(&mut self, hold: Hold, units: i128, is_final: bool) -> Hold {
        let capture = hold.capture(Some(money("KRW", units)), None, is_final).expect("captured");
        let event = self.account.release(hold_id(), capture.freed, &capture.back).expect("freed");
        self.change(&event);
        let captured = hold.captured(&capture, transfer());
        Hold::evolve(Some(hold), &captured.into()).expect("a hold")
    }
}

fn reached(window: LimitWindow, remaining: Option<i128>, resets_at: Option<&str>) -> Refusal {
    let (remaining, resets_at) = (remaining.map(minor), resets_at.map(time));
    Refusal::LimitReached(LimitReached { name: "most".into(), window, remaining, resets_at })
}

#[test]
fn one_payment_may_be_so_much() {
    let most = LimitSet { per_transfer: Some(minor(10)), ..limit("most", &[LimitedKind::Transfer]) };
    let mut payer = Payer::new(&[most], "2026-11-30T12:00:00Z");
    assert!(payer.pay(10).expect("paid").counted.is_empty());
    assert_eq!(payer.pay(11), Err(reached(LimitWindow::Transfer, Some(10), None)));
    // Several payments of one account in one transfer are one.
    assert!(payer.pay_each(LimitedKind::Compound, &[9, 9]).is_ok(), "it counts transfers only");
    assert_eq!(payer.pay_each(LimitedKind::Transfer, &[9, 2]), Err(reached(LimitWindow::Transfer, Some(10), None)));
}

#[test]
fn a_day_is_that_of_the_limits_zone() {
    let most = LimitSet { per_day: amount(100), ..limit("most", &[LimitedKind::Transfer]) };
    let mut payer = Payer::new(&[most], "2026-11-30T14:59:59Z");
    let moved = payer.pay(70).expect("paid");
    let AccountEvent::Debited(debited) = &moved.events[0] else { panic!("a debit") };
    let expected = LimitUse {
        limit: "most".into(),
        window: LimitWindow::Day,
        until: time("2026-11-30T15:00:00Z"),
        amount: minor(70),
        count: 1,
    };
    assert_eq!(debited.used, [expected]);
    assert_eq!(payer.pay(31), Err(reached(LimitWindow::Day, Some(30), Some("2026-11-30T15:00:00Z"))));
    payer.pay(30).expect("all of it");
    payer.at.pass(TimeDelta::seconds(1));
    payer.pay(100).expect("the next day");
    assert_eq!(payer.used(LimitWindow::Day), (100, 1));
}

#[test]
fn days_and_months_are_counted_apart_and_also_how_often() {
    let most = LimitSet { per_day: often(2), per_month: amount(50), ..limit("most", &[LimitedKind::Transfer]) };
    let mut payer = Payer::new(&[most], "2026-11-30T12:00:00Z");
    payer.pay(10).expect("paid");
    payer.pay(10).expect("paid");
    assert_eq!(payer.pay(1), Err(reached(LimitWindow::Day, None, Some("2026-11-30T15:00:00Z"))));
    payer.at.pass(TimeDelta::days(1));
    assert_eq!(payer.used(LimitWindow::Month), (20, 2));
    // It is December in Seoul.
    payer.pay(50).expect("paid");
    assert_eq!(payer.pay(1), Err(reached(LimitWindow::Month, Some(0), Some("2026-12-31T15:00:00Z"))));
}

#[test]
fn a_window_that_has_begun_runs_to_its_end_whatever_becomes_of_the_limit() {
    let most = LimitSet { per_day: amount(100), ..limit("most", &[LimitedKind::Transfer]) };
    let mut payer = Payer::new(std::slice::from_ref(&most), "2026-11-30T12:00:00Z");
    payer.pay(70).expect("paid");
    payer.limits = bank(&[LimitSet { zone: "UTC".into(), ..most.clone() }]);
    assert!(payer.pay(31).is_err(), "a new zone does not begin a new day");
    payer.limits = bank(&[LimitSet { per_day: amount(50), ..most }]);
    assert_eq!(payer.pay(1), Err(reached(LimitWindow::Day, Some(0), Some("2026-11-30T15:00:00Z"))));
    payer.limits = BankLimits::evolve(Some(payer.limits), &LimitDeleted { name: "most".into() }.into()).expect("none");
    payer.pay(1_000).expect("there is no limit");
}

#[test]
fn a_limit_counts_for_its_asset_its_kinds_and_its_accounts() {
    let one = LimitSet { everyone: false, per_transfer: Some(minor(1)), ..limit("most", &[LimitedKind::Transfer]) };
    let mut payer = Payer::new(std::slice::from_ref(&one), "2026-11-30T12:00:00Z");
    payer.pay(5).expect("it is not assigned");
    payer.change(&AccountLimitsAssigned { limits: vec!["most".into()] }.into());
    assert!(payer.pay(5).is_err());
    assert!(payer.pay_each(LimitedKind::Charge, &[5]).is_ok());
    payer.limits = bank(&[LimitSet { asset: "EUR".parse().expect("an asset"), ..one }]);
    assert!(payer.pay(5).is_ok());
    assert_eq!(payer.account.state_schema(), 3);
}

#[test]
fn the_banks_own_accounts_have_no_limits() {
    let limits = bank(&[LimitSet { per_transfer: Some(minor(1)), ..limit("most", &[LimitedKind::Withdrawal]) }]);
    let (cash, member, at) = (given(&[system("KRW")]), given(&[opened("KRW")]), At::default());
    let legs = payments(&[(account_id(1), account_id(2), money("KRW", 5))]).expect("legs");
    let limited = Some(Limited { limits: &limits, kind: LimitedKind::Withdrawal, time: &at });
    let accounts = [Some(&cash), Some(&member)];
    let (transfer, freeze) = (transfer(), Freeze::Stops);
    let movement = Movement { transfer, legs: &legs, accounts: &accounts, freeze, limited, undone: &[] };
    assert!(movement.decide(&Limits::NONE).is_ok());
}

#[test]
fn a_reversal_gives_back_in_the_window_that_counted() {
    let most = LimitSet {
        per_day: Some(Cap { amount: Some(minor(100)), count: Some(2) }),
        ..limit("most", &[LimitedKind::Transfer])
    };
    let mut payer = Payer::new(&[most], "2026-11-30T12:00:00Z");
    let first = payer.pay(70).expect("paid");
    let second = payer.pay(30).expect("paid");
    payer.reverse(&first, 70);
    assert_eq!(payer.used(LimitWindow::Day), (30, 1));
    payer.pay(70).expect("paid");
    payer.at.pass(TimeDelta::days(1));
    payer.pay(5).expect("paid");
    payer.reverse(&second, 30);
    assert_eq!(payer.used(LimitWindow::Day), (5, 1), "what was counted yesterday is not given back today");
}

#[test]
fn a_hold_counts_when_it_is_placed_and_what_is_released_goes_back() {
    let most = LimitSet {
        per_day: Some(Cap { amount: Some(minor(100)), count: Some(9) }),
        ..limit("most", &[LimitedKind::Hold])
    };
    let mut payer = Payer::new(&[most], "2026-11-30T12:00:00Z");
    let hold = payer.place(60).expect("held");
    assert!(payer.place(41).is_err());
    let hold = payer.increase(hold, 40).expect("held");
    assert_eq!(payer.used(LimitWindow::Day), (100, 1));
    let hold = payer.release(hold, 50);
    assert_eq!(payer.used(LimitWindow::Day), (50, 1));
    let hold = payer.capture(hold, 20, false);
    assert_eq!(payer.used(LimitWindow::Day), (50, 1), "a capture does not count again");
    let hold = payer.release(hold, 30);
    assert_eq!((hold.remaining(), payer.used(LimitWindow::Day)), (minor(0), (20, 1)));
    // Of one that paid nothing, how often is given back too.
    let hold = payer.place(10).expect("held");
    let hold = payer.release(hold, 4);
    assert_eq!(payer.used(LimitWindow::Day), (26, 2));
    payer.release(hold, 6);
    assert_eq!(payer.used(LimitWindow::Day), (20, 1));
    let hold = payer.place(10).expect("held");
    payer.capture(hold, 4, true);
    assert_eq!(payer.used(LimitWindow::Day), (24, 2), "the rest of a final capture goes back");
}

#[test]
fn what_was_held_yesterday_goes_back_to_yesterday() {
    let most = LimitSet { per_day: amount(100), ..limit("most", &[LimitedKind::Hold]) };
    let mut payer = Payer::new(&[most], "2026-11-30T12:00:00Z");
    let hold = payer.place(60).expect("held");
    payer.at.pass(TimeDelta::days(1));
    let hold = payer.increase(hold, 30).expect("held");
    assert_eq!(payer.used(LimitWindow::Day), (30, 0));
    // The newest part first: 30 of today, and 10 of yesterday.
    payer.release(hold, 40);
    assert_eq!(payer.used(LimitWindow::Day), (0, 0));
}

#[test]
fn there_are_so_many_limits_and_no_more() {
    let all: Vec<_> = (0..MOST_LIMITS).map(|n| limit(&format!("n{n}"), &[LimitedKind::Transfer])).collect();
    let limits = bank(&all);
    assert_eq!(limits.may_set("n0"), Ok(()));
    assert_eq!(limits.may_set("another"), Err(Refusal::TooManyLimits));
    assert_eq!(limits.may_assign(&["n1".into(), "another".into()]), Err(Refusal::LimitUnknown));
}

proptest! {
    /// By a count of its own: what was paid, held and not given back in each window is what is used, and never above the limit.
    #[test]
    fn no_window_holds_more_than_its_limit(wishes in prop::collection::vec((0..6_u8, 1..60_i128, 0..20_i64), 1..60)) {
        let kinds = [LimitedKind::Transfer, LimitedKind::Hold];
        let most = LimitSet { per_day: amount(100), per_month: amount(300), ..limit("most", &kinds) };
        let mut payer = Payer::new(&[most], "2026-11-28T00:00:00Z");
        let mut paid: Vec<(DateTime<Utc>, i128)> = Vec::new();
        let mut hold: Option<(Hold, usize)> = None;
        let seoul = kernel::Zone::SEOUL;
        for (wish, units, hours) in wishes {
            payer.at.pass(TimeDelta::hours(hours));
            let now = payer.at.0.get();
            match (wish, hold.take()) {
                (0..=2, kept) => {
                    hold = kept;
                    if payer.pay(units).is_ok() {
                        paid.push((now, units));
                    }
                }
                (3, None) => {
                    hold = payer.place(units).ok().map(|hold| (hold, paid.len()));
                    paid.extend(hold.iter().map(|_| (now, units)));
                }
                (4, Some((kept, entry))) => {
                    let back = kept.remaining().units().min(units);
                    paid[entry].1 -= back;
                    let kept = payer.release(kept, back);
                    hold = kept.remaining().is_positive().then_some((kept, entry));
                }
                (_, kept) => hold = kept,
            }
            for window in [seoul.day(now), seoul.month(now)].map(|window| window.expect("a window")) {
                let within = paid.iter().filter(|(at, _)| window.since <= *at && *at < window.until);
                let sum: i128 = within.map(|(_, units)| units).sum();
                let most = if window.until - window.since > TimeDelta::days(2) { 300 } else { 100 };
                prop_assert!(sum <= most, "{sum} in {window:?}");
            }
        }
    }
}
