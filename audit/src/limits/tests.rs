//! Limits that are kept, and each way in which they can be broken.

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    AccountFundsHeld, AccountFundsReleased, AccountLimitsAssigned, Cap, Counted, CountedFor, HoldAmounts, HoldCaptured,
    HoldExpired, HoldIncreased, HoldPlaced, HoldReleased, LimitDeleted, LimitUse, PaymentCodeIssued, PaymentCodeUsed,
    TransferCount, TransferReversed,
};
use kernel::{Actor, HoldId, Role, TransferId};

use super::*;
use crate::test_log::{Events, TestLog, account, between, krw, member, minor, posted};

const HOLD: u128 = 70;
const CODE: u128 = 80;
/// The stream of all limits.
const LIMITS: u128 = StreamId::LIMITS.uuid().as_u128();

/// At most 500 a day in three payments, of which none is above 400, of everyone.
fn daily() -> LimitSet {
    LimitSet {
        name: "daily".into(),
        asset: krw(),
        kinds: vec![LimitedKind::Transfer, LimitedKind::Hold],
        everyone: true,
        per_transfer: Some(minor(400)),
        per_day: Some(Cap { amount: Some(minor(500)), count: Some(3) }),
        per_month: None,
        zone: "Asia/Seoul".into(),
    }
}

/// A log in which that limit is set.
fn limited() -> TestLog {
    let mut log = TestLog::new();
    log.sound(set(daily()));
    log
}

fn set(limit: LimitSet) -> Events {
    vec![(LIMITS, limit.into())]
}

/// The day in Seoul that the log begins on.
fn today() -> (DateTime<Utc>, DateTime<Utc>) {
    ["2026-11-29T15:00:00Z", "2026-11-30T15:00:00Z"].map(|at| at.parse().expect("a time")).into()
}

fn used(amount: i128, count: u32) -> LimitUse {
    let until = today().1;
    LimitUse { limit: "daily".into(), window: LimitWindow::Day, until, amount: minor(amount), count }
}

fn counted(amount: i128, count: u32) -> Counted {
    let until = today().1;
    Counted { limit: "daily".into(), window: LimitWindow::Day, until, amount: minor(amount), count }
}

/// What a transfer of the first member counts.
fn counted_for(amount: i128, count: u32) -> Vec<CountedFor> {
    vec![CountedFor { account: account(1), counted: counted(amount, count) }]
}

/// A transfer that says that it counts this.
fn counting(posted: TransferPosted, counted: Vec<CountedFor>) -> TransferPosted {
    let counted = counted.into_iter().map(|of| TransferCount::new(of, &posted.legs)).collect();
    TransferPosted { counted, ..posted }
}

/// The first member pays the second, and says that this counts.
fn pays(log: &TestLog, number: u128, amount: i128, after: LimitUse) -> Events {
    let posted = posted(TransferKind::Transfer, between(1, 2, amount));
    let posted = counting(posted, counted_for(amount, 1));
    log.pay(number, posted, vec![vec![after]])
}

#[test]
fn what_is_paid_counts_until_the_day_is_over_and_then_anew() {
    let mut log = limited();
    log.sound(pays(&log, 11, 200, used(200, 1)));
    log.sound(pays(&log, 12, 300, used(500, 2)));
    let kept: Limits = serde_json::from_str(&serde_json::to_string(&log.fold.limits).expect("JSON")).expect("limits");
    log.fold.limits = kept;
    log.now = today().1 - TimeDelta::seconds(1);
    let until = today().1 + TimeDelta::days(1);
    let counted = CountedFor { account: account(1), counted: Counted { until, ..counted(10, 1) } };
    let posted = counting(posted(TransferKind::Transfer, between(1, 2, 10)), vec![counted]);
    log.sound(log.pay(13, posted, vec![vec![LimitUse { until, ..used(10, 1) }]]));
}

#[test]
fn each_way_to_count_wrong_is_found() {
    let wrong = |after: LimitUse, words: &str| {
        let mut log = limited();
        log.sound(pays(&log, 11, 200, used(200, 1)));
        log.wrong(pays(&log, 12, 100, after), words);
    };
    wrong(used(299, 2), "pays 100 in 1 from account");
    wrong(used(300, 3), "which counts 100 in 2 for limit daily in the day");
    wrong(used(100, 1), "which counts -100 in 0 for limit daily");
    let until = today().1;
    wrong(LimitUse { until: until + TimeDelta::days(1), ..used(300, 2) }, "it is to 2026-11-30 15:00:00 UTC");
    wrong(LimitUse { limit: "other".into(), ..used(300, 2) }, "and there is no such limit");
    let mut log = limited();
    log.wrong(
        log.pay(11, posted(TransferKind::Transfer, between(1, 2, 5)), vec![]),
        "which counts 0 in 0 for limit daily",
    );
    log.wrong(pays(&log, 12, 401, used(401, 1)), "and limit daily is 400 for each");
}

#[test]
fn nothing_above_a_limit_is_paid() {
    let mut log = limited();
    log.sound(pays(&log, 11, 300, used(300, 1)));
    log.wrong(pays(&log, 12, 201, used(501, 2)), "comes to 501 of limit daily in the day, which is at most 500");
    let mut log = limited();
    for count in 1..=3 {
        log.sound(pays(&log, 10 + u128::from(count), 1, used(count.into(), count)));
    }
    log.wrong(pays(&log, 14, 1, used(4, 4)), "comes to 4 times of limit daily in the day, which is at most 3");
}

#[test]
fn a_limit_counts_what_it_is_for_and_from_when_it_is_set() {
    let mut log = limited();
    let other = posted(TransferKind::Withdrawal, between(1, crate::test_log::CASH, 450));
    log.sound(log.pay(11, other.clone(), vec![]));
    log.wrong(log.pay(12, other, vec![vec![used(450, 1)]]), "of which one does not apply");
    let assigned = |names: &[&str]| AccountLimitsAssigned { limits: names.iter().map(|name| (*name).into()).collect() };
    let plain = |number| posted(TransferKind::Transfer, between(1, 2, number));
    let mut log = TestLog::new();
    log.sound(set(LimitSet { everyone: false, ..daily() }));
    log.sound(log.pay(11, plain(5), vec![]));
    log.wrong(pays(&log, 12, 5, used(5, 1)), "of which one does not apply");
    log.sound(vec![(1, assigned(&["daily"]).into())]);
    log.wrong(log.pay(13, plain(5), vec![]), "which counts 0 in 0 for limit daily");
    log.wrong(vec![(1, assigned(&["daily", "daily"]).into())], "of which one is not set or comes twice");
    log.wrong(vec![(1, assigned(&["other"]).into())], "of which one is not set or comes twice");
    log.sound(vec![(LIMITS, LimitDeleted { name: "daily".into() }.into())]);
    log.wrong(vec![(LIMITS, LimitDeleted { name: "daily".into() }.into())], "delete limit daily, which is not set");
    log.sound(log.pay(14, plain(5), vec![]));
    log.wrong(set(LimitSet { zone: "Asia/Nowhere".into(), ..daily() }), "in zone Asia/Nowhere");
}

#[test]
fn a_transfer_says_what_its_accounts_count() {
    let mut log = limited();
    let mut events = pays(&log, 11, 200, used(200, 1));
    let says = |events: &mut Events, counted: Vec<CountedFor>| {
        if let (_, Event::Transfer(TransferEvent::Posted(posted))) = &mut events[0] {
            *posted = counting(posted.clone(), counted);
        }
    };
    says(&mut events, counted_for(199, 1));
    log.wrong(events.clone(), "says that it counts 199 in 1 of limit daily in the day");
    let mut log = limited();
    let of_another = CountedFor { account: account(2), counted: counted(200, 1) };
    says(&mut events, [counted_for(200, 1), vec![of_another]].concat());
    log.wrong(events, "counts for account 00000000-0000-0000-0000-000000000002, which pays nothing");
}

#[test]
fn a_reversal_gives_back_once_and_exactly() {
    let reversed = |after: Vec<LimitUse>| {
        let mut log = limited();
        log.sound(pays(&log, 11, 200, used(200, 1)));
        log.sound(pays(&log, 12, 50, used(250, 2)));
        let original = TransferId::new(Uuid::from_u128(11));
        let back = posted(TransferKind::Reversal, between(2, 1, 200));
        let mut events = log.pay(13, TransferPosted { reverses: Some(original), ..back }, vec![vec![], after]);
        events.insert(0, (11, TransferReversed { by: TransferId::new(Uuid::from_u128(13)) }.into()));
        log.commit(events)
    };
    assert_eq!(reversed(vec![used(50, 1)]), [""; 0]);
    for (after, words) in [
        (vec![], "gives 0 in 0 of limit daily in the day back"),
        (vec![used(50, 2)], "gives -200 in 0 of limit daily in the day back"),
        (vec![used(0, 0)], "not -200 in -1"),
        (vec![used(260, 2)], "250 was used, and 260 is left"),
    ] {
        let found = reversed(after);
        assert!(found.iter().any(|what| what.contains(words)), "`{words}`: {found:#?}");
    }
}

#[test]
fn only_a_reversal_gives_an_account_back_what_it_used() {
    let mut log = limited();
    log.sound(pays(&log, 11, 200, used(200, 1)));
    let other = posted(TransferKind::Transfer, between(2, 1, 5));
    let (of_payer, of_payee) = (vec![used(5, 1)], vec![used(195, 1)]);
    let counted = vec![CountedFor { account: account(2), counted: counted(5, 1) }];
    let events = log.pay(12, counting(other, counted), vec![of_payer, of_payee]);
    log.wrong(events, "counts for transfer 00000000-0000-0000-0000-00000000000c, which does not say so");
}

fn left(amount: i128, captured: i128, released: i128) -> HoldAmounts {
    HoldAmounts { amount: minor(amount), captured: minor(captured), released: minor(released) }
}

fn hold() -> HoldId {
    HoldId::new(Uuid::from_u128(HOLD))
}

fn held(amount: i128, held: i128, used: Vec<LimitUse>) -> (u128, Event) {
    (1, AccountFundsHeld { hold: hold(), amount: minor(amount), held: minor(held), used }.into())
}

fn freed(amount: i128, held: i128, used: Vec<LimitUse>) -> (u128, Event) {
    (1, AccountFundsReleased { hold: hold(), amount: minor(amount), held: minor(held), used }.into())
}

fn placed(amount: i128) -> HoldPlaced {
    HoldPlaced {
        source: account(1),
        destination: None,
        asset: krw(),
        amount: minor(amount),
        expires_at: today().1 + TimeDelta::days(9),
        memo: None,
        reference: None,
        placed_by: Actor { role: Role::Member, id: member(1) },
        counted: vec![counted(amount, 1)],
    }
}

/// A hold of 100 today, and an increase of 60.
fn with_hold() -> TestLog {
    let mut log = limited();
    log.sound(vec![(HOLD, placed(100).into()), held(100, 100, vec![used(100, 1)])]);
    let increased = HoldIncreased { by: minor(60), left: left(160, 0, 0), counted: vec![counted(60, 0)] };
    log.sound(vec![(HOLD, increased.into()), held(60, 160, vec![used(160, 1)])]);
    log
}

fn released(given_back: i128, left: HoldAmounts) -> (u128, Event) {
    (HOLD, HoldReleased { given_back: minor(given_back), reason: None, left }.into())
}

/// A capture that frees so much, and counts so much of it.
fn captured(log: &TestLog, paid: i128, is_final: bool, left: HoldAmounts, counted: i128) -> Events {
    let transfer = TransferId::new(Uuid::from_u128(21));
    let posted = TransferPosted { hold: Some(hold()), ..posted(TransferKind::Capture, between(1, 2, paid)) };
    let posted = counting(posted, counted_for(counted, 0));
    let mut events = vec![(HOLD, HoldCaptured { transfer, paid: minor(paid), is_final, left }.into())];
    events.extend(log.pay(21, posted, vec![]));
    events
}

#[test]
fn what_is_given_back_of_a_hold_returns_to_its_window() {
    let mut log = with_hold();
    log.sound(vec![released(70, left(160, 0, 70)), freed(70, 90, vec![used(90, 1)])]);
    let mut events = captured(&log, 30, true, left(160, 30, 130), 30);
    events.insert(0, freed(90, 0, vec![used(30, 1)]));
    log.sound(events);
    assert!(log.fold.limits.holds.is_empty());

    let mut log = with_hold();
    log.sound(vec![released(160, left(160, 0, 160)), freed(160, 0, vec![used(0, 0)])]);
    assert!(log.fold.limits.holds.is_empty());
}

#[test]
fn what_is_given_back_to_a_window_before_the_newest_changes_nothing() {
    let mut log = with_hold();
    log.now = today().1;
    let until = today().1 + TimeDelta::days(1);
    let counted = CountedFor { account: account(1), counted: Counted { until, ..counted(10, 1) } };
    let posted = counting(posted(TransferKind::Transfer, between(1, 2, 10)), vec![counted]);
    log.sound(log.pay(13, posted, vec![vec![LimitUse { until, ..used(10, 1) }]]));
    log.sound(vec![released(160, left(160, 0, 160)), freed(160, 0, vec![])]);
}

#[test]
fn each_way_to_give_back_too_much_or_too_little_of_a_hold_is_found() {
    let released_as = |used: Vec<LimitUse>, words: &str| {
        let mut log = with_hold();
        log.wrong(vec![released(70, left(160, 0, 70)), freed(70, 90, used)], words);
    };
    released_as(vec![], "gives back to account 00000000-0000-0000-0000-000000000001 0 in 0 of limit daily");
    released_as(vec![used(80, 1)], "-80 in 0 of limit daily in the day to 2026-11-30 15:00:00 UTC, not -70 in 0");
    released_as(vec![used(90, 0)], "-70 in -1 of limit daily");
    released_as(vec![LimitUse { limit: "other".into(), ..used(90, 1) }], "of which nothing is used");
    let mut log = with_hold();
    let mut events = captured(&log, 30, false, left(160, 30, 0), 20);
    events.insert(0, freed(30, 130, vec![]));
    log.wrong(events, "which takes over 20 in 0 of limit daily");
    let mut log = with_hold();
    log.now = today().1 + TimeDelta::days(9);
    let expired = HoldExpired { given_back: minor(160), left: left(160, 0, 160) };
    log.wrong(vec![(HOLD, expired.into()), freed(160, 0, vec![used(0, 1)])], "not -160 in -1");
}

#[test]
fn a_hold_counts_when_it_is_placed_and_with_a_code_as_a_charge() {
    let mut log = limited();
    let uncounted = HoldPlaced { counted: vec![], ..placed(100) };
    log.wrong(vec![(HOLD, uncounted.clone().into()), held(100, 100, vec![])], "which counts 0 in 0 for limit daily");
    let mut log = limited();
    let (asset, max, expires_at) = (krw(), None, today().1);
    log.sound(vec![(CODE, PaymentCodeIssued { source: account(1), asset, max, expires_at }.into())]);
    let used_for = UsedFor::Hold(hold());
    log.sound(vec![(HOLD, uncounted.into()), held(100, 100, vec![]), (CODE, PaymentCodeUsed { used_for }.into())]);
}
