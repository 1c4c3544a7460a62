//! Orders that run as they were placed, and each way in which they can go wrong.

use chrono::TimeDelta;
use events::recorded::{
    Every, Refusal, Repeated, StandingOrderCancelled, StandingOrderPaused, StandingOrderResumed, StandingOrderSkipped,
    TransferFacts,
};
use kernel::{OrderId, TransferId};

use super::*;
use crate::test_log::{CASH, Events, TestLog, account, between, member, money, posted};

const ORDER: u128 = 60;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Noon in Seoul of a day of December 2026.
fn noon(day: u32) -> DateTime<Utc> {
    at(&format!("2026-12-{day:02}T03:00:00Z"))
}

/// The first member pays 10 to the second at noon, from the first of December on, three times.
fn placed() -> StandingOrderPlaced {
    let every = Repeated {
        every: Every::Day,
        time: "12:00:00".parse().expect("a time"),
        zone: "Asia/Seoul".into(),
        from: None,
        until: None,
        count: Some(3),
    };
    StandingOrderPlaced {
        owner: member(1),
        source: account(1),
        destination: account(2),
        money: money(10),
        memo: None,
        schedule: Schedule::Every(every),
        if_refused: IfRefused::Skip,
        catch_up: true,
        next_at: noon(1),
    }
}

fn with_order(placed: StandingOrderPlaced) -> TestLog {
    let mut log = TestLog::new();
    log.sound(vec![(ORDER, placed.into())]);
    log
}

/// A log in which this time has come.
fn at_noon(placed: StandingOrderPlaced, day: u32) -> TestLog {
    let mut log = with_order(placed);
    log.now = noon(day);
    log
}

fn ran(number: u128, due_at: DateTime<Utc>, next_at: Option<DateTime<Utc>>) -> (u128, Event) {
    let transfer = TransferId::new(Uuid::from_u128(number));
    (ORDER, StandingOrderRan { due_at, transfer, refusal: None, next_at }.into())
}

/// A run that pays 10, by the transfer of this number.
fn paid(log: &TestLog, number: u128, due_at: DateTime<Utc>, next_at: Option<DateTime<Utc>>) -> Events {
    let order = Some(OrderId::new(Uuid::from_u128(ORDER)));
    let posted = TransferPosted { order, ..posted(TransferKind::Transfer, between(1, 2, 10)) };
    let mut events = log.pay(number, posted, vec![]);
    events.push(ran(number, due_at, next_at));
    events
}

/// A run that is refused.
fn refused(due_at: DateTime<Utc>, next_at: Option<DateTime<Utc>>) -> Events {
    let facts = TransferFacts {
        kind: TransferKind::Transfer,
        source: Some(account(1)),
        destination: Some(account(2)),
        asset: money(10).asset,
        amount: money(10).amount,
        memo: None,
        reference: None,
        reverses: None,
    };
    let (transfer, refusal) = (TransferId::new(Uuid::from_u128(12)), Refusal::of("account-frozen"));
    let run = StandingOrderRan { due_at, transfer, refusal: Some(refusal.clone()), next_at };
    vec![(12, TransferRejected { facts, asked_by: None, refusal }.into()), (ORDER, run.into())]
}

fn skipped(due_at: DateTime<Utc>, next_at: DateTime<Utc>) -> (u128, Event) {
    (ORDER, StandingOrderSkipped { due_at, next_at: Some(next_at) }.into())
}

fn paused() -> Events {
    vec![(ORDER, StandingOrderPaused {}.into())]
}

fn resumed(next_at: Option<DateTime<Utc>>) -> Events {
    vec![(ORDER, StandingOrderResumed { next_at }.into())]
}

#[test]
fn due_runs_happen_once_each_until_there_are_no_more() {
    let mut log = at_noon(placed(), 1);
    log.sound(paid(&log, 11, noon(1), Some(noon(2))));
    let kept: Orders = serde_json::from_str(&serde_json::to_string(&log.fold.orders).expect("JSON")).expect("orders");
    log.fold.orders = kept;
    // An outage: the two last ones are late, and caught up.
    log.now = noon(9);
    log.sound(refused(noon(2), Some(noon(3))));
    log.sound(paid(&log, 13, noon(3), None));
    assert!(log.fold.orders.active.is_empty());
    log.wrong(paid(&log, 14, noon(4), None), "was never placed, or is over");
}

#[test]
fn an_order_that_does_not_catch_up_leaves_out_all_but_the_newest() {
    let order = || StandingOrderPlaced { catch_up: false, ..placed() };
    let late = |skipped: (u128, Event), due: u32| {
        let mut log = at_noon(order(), 5);
        let mut events = paid(&log, 11, noon(due), Some(noon(due + 1)));
        events.insert(0, skipped);
        log.commit(events)
    };
    assert_eq!(late(skipped(noon(1), noon(5)), 5), [""; 0]);
    let found = late(skipped(noon(1), noon(4)), 4);
    assert!(found.iter().any(|what| what.contains("and its schedule says at 2026-12-05")), "{found:?}");
    let mut log = at_noon(placed(), 5);
    log.wrong(vec![skipped(noon(1), noon(5))], "is to catch up, and leaves out the run of 2026-12-01");
}

#[test]
fn nothing_runs_early_or_twice_or_out_of_turn() {
    let mut log = at_noon(placed(), 1);
    log.now -= TimeDelta::seconds(2);
    log.wrong(paid(&log, 11, noon(1), Some(noon(2))), "goes on at 2026-12-01 02:59:59 UTC, before its run is due");
    let mut log = at_noon(placed(), 1);
    log.sound(paid(&log, 11, noon(1), Some(noon(2))));
    log.wrong(paid(&log, 12, noon(1), Some(noon(2))), "and the next is due at 2026-12-02 03:00:00 UTC");
    let mut log = at_noon(placed(), 1);
    log.wrong(
        paid(&log, 11, noon(1), Some(noon(3))),
        "is due at 2026-12-03 03:00:00 UTC next, and its schedule says at",
    );
    let mut log = at_noon(placed(), 1);
    log.wrong(paid(&log, 11, noon(1), None), "is due never next");
}

#[test]
fn nothing_runs_while_an_order_is_paused_or_after_it_is_over() {
    let mut log = at_noon(placed(), 1);
    log.sound(paused());
    log.wrong(paid(&log, 11, noon(1), Some(noon(2))), "is paused, and goes on with the run");
    let mut log = at_noon(placed(), 1);
    log.sound(paused());
    log.sound(resumed(Some(noon(2))));
    log.wrong(resumed(Some(noon(2))), "is resumed, and its next run is due at");
    log.sound(paused());
    log.wrong(paused(), "is paused twice");
    log.wrong(resumed(Some(noon(1))), "is due at 2026-12-01 03:00:00 UTC next");
    log.sound(vec![(ORDER, StandingOrderCancelled {}.into())]);
    log.wrong(resumed(Some(noon(2))), "was never placed, or is over");
}

#[test]
fn a_refused_run_ends_an_order_that_stops() {
    let stops = || StandingOrderPlaced { if_refused: IfRefused::Stop, ..placed() };
    at_noon(stops(), 1).sound(refused(noon(1), None));
    at_noon(stops(), 1).wrong(refused(noon(1), Some(noon(2))), "and its schedule says never");
    at_noon(placed(), 1).wrong(refused(noon(1), None), "is due never next");
}

#[test]
fn a_run_pays_what_was_ordered() {
    let mut log = at_noon(placed(), 1);
    log.wrong(
        vec![ran(11, noon(1), Some(noon(2)))],
        "is posted as transfer 00000000-0000-0000-0000-00000000000b, which",
    );
    let mut log = at_noon(placed(), 1);
    let mut events = paid(&log, 11, noon(1), Some(noon(2)));
    events.pop();
    log.wrong(events, "is of standing order 00000000-0000-0000-0000-00000000003c, which does not say so");
    let changed = |change: fn(&mut TransferPosted), words: &str| {
        let mut log = at_noon(placed(), 1);
        let mut events = paid(&log, 11, noon(1), Some(noon(2)));
        if let (_, Event::Transfer(TransferEvent::Posted(posted))) = &mut events[0] {
            change(posted);
        }
        log.wrong(events, words);
    };
    changed(|posted| posted.order = None, "is posted as transfer");
    changed(|posted| posted.kind = TransferKind::Compound, "is posted as transfer");
    changed(|posted| posted.legs = between(1, 2, 11), "and pays 11 KRW from");
    changed(|posted| posted.legs = between(1, 3, 10), "to 00000000-0000-0000-0000-000000000003");
    let mut log = at_noon(placed(), 1);
    let mut events = refused(noon(1), Some(noon(2)));
    if let (_, Event::Transfer(TransferEvent::Rejected(rejected))) = &mut events[0] {
        rejected.refusal = Refusal::of("account-closed");
    }
    log.wrong(events, "is refused as transfer");
}

#[test]
fn an_order_is_placed_by_the_owner_for_a_time_that_comes() {
    let wrong = |change: fn(&mut StandingOrderPlaced), words: &str| {
        let mut order = placed();
        change(&mut order);
        TestLog::new().wrong(vec![(ORDER, order.into())], words);
    };
    wrong(
        |order| order.next_at = noon(2),
        "is due at 2026-12-02 03:00:00 UTC next, and its schedule says at 2026-12-01",
    );
    wrong(|order| order.schedule = Schedule::At(at("2026-11-30T00:00:00Z")), "and its schedule says never");
    wrong(|order| order.owner = member(2), "is to pay KRW from");
    wrong(|order| order.destination = account(1), "is to pay KRW from");
    wrong(|order| order.destination = account(CASH), "is to pay KRW from");
    wrong(|order| order.money = money(0), "is to pay 0");
    let mut log = with_order(placed());
    log.wrong(vec![(ORDER, placed().into())], "is placed as version 2");
}
