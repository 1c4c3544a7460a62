use events::recorded::{
    PayoutRowsAdded, PayoutRunCancelled, PayoutRunPaused, PayoutRunResumed, PayoutRunStarted, Refusal, TransferFacts,
    TransferKind, TransferPosted, TransferRejected,
};
use kernel::{AccountNumber, Actor, MemberId, Role, TransferId};

use super::*;
use crate::test_log::{CASH, Events, TestLog, account, between, krw, minor, posted};

const RUN: u128 = 90;
const REFERENCE: &str = "payroll-11";
const OPENER: Actor = Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(9)) };

fn opened() -> PayoutRunOpened {
    PayoutRunOpened {
        source: account(1),
        asset: krw(),
        name: "salaries".into(),
        reference: REFERENCE.into(),
        opened_by: OPENER,
    }
}

fn chunk(number: u32) -> u128 {
    PayoutRunId::new(Uuid::from_u128(RUN)).chunk_stream(number).uuid().as_u128()
}

/// One row by the id of an account, one by the number of another, and one by a number that nobody has.
fn rows() -> Vec<PayoutRow> {
    let number = |digits| PayoutDestination::Number(AccountNumber::from_digits(digits));
    vec![
        PayoutRow {
            row: 1,
            destination: PayoutDestination::Account(account(2)),
            amount: minor(100),
            memo: Some("thanks".into()),
        },
        PayoutRow { row: 2, destination: number(3), amount: minor(50), memo: None },
        PayoutRow { row: 5, destination: number(77), amount: minor(10), memo: None },
    ]
}

fn added(rows: Vec<PayoutRow>) -> Events {
    let (count, total) = (rows.len(), rows.iter().map(|row| row.amount.units()).sum());
    let last_row = rows.last().map_or(0, |row| row.row);
    let (rows_of_run, total) = (u32::try_from(count).expect("few"), minor(total));
    let of_run = PayoutChunkAdded { chunk: 1, last_row, rows: rows_of_run, total };
    vec![(RUN, of_run.into()), (chunk(1), PayoutRowsAdded { rows }.into())]
}

/// A run that has its rows, and is not started.
fn filled() -> TestLog {
    let mut log = TestLog::new();
    log.sound(vec![(RUN, opened().into())]);
    log.sound(added(rows()));
    log
}

fn running() -> TestLog {
    let mut log = filled();
    log.sound(vec![(RUN, PayoutRunStarted {}.into())]);
    log
}

/// What a row is paid with.
fn payout(to: u128, amount: i128, memo: Option<&str>) -> TransferPosted {
    let (reference, memo) = (Some(REFERENCE.into()), memo.map(Into::into));
    TransferPosted { reference, memo, asked_by: Some(OPENER), ..posted(TransferKind::Payout, between(1, to, amount)) }
}

fn came_out(row: u32, transfer: u128, refusal: Option<Refusal>) -> PayoutResult {
    PayoutResult { row, transfer: TransferId::new(Uuid::from_u128(transfer)), refusal }
}

fn says(results: Vec<PayoutResult>, posted: u32, refused: u32, paid: i128) -> (u128, Event) {
    (RUN, PayoutRowsPaid { results, posted, refused, paid: minor(paid), finished: false }.into())
}

/// The first row is paid with this.
fn first_paid(log: &TestLog, with: TransferPosted) -> Events {
    let mut events = log.pay(11, with, vec![]);
    events.push(says(vec![came_out(1, 11, None)], 1, 0, 100));
    events
}

fn first(log: &TestLog) -> Events {
    first_paid(log, payout(2, 100, Some("thanks")))
}

fn rejected(transfer: u128, refusal: &Refusal) -> (u128, Event) {
    let facts = TransferFacts {
        kind: TransferKind::Payout,
        source: Some(account(1)),
        destination: None,
        asset: krw(),
        amount: minor(10),
        memo: None,
        reference: Some(REFERENCE.into()),
        reverses: None,
    };
    (transfer, TransferRejected { facts, asked_by: Some(OPENER), refusal: refusal.clone() }.into())
}

#[test]
fn a_run_pays_its_rows_in_order_and_is_forgotten() {
    let mut log = running();
    log.sound(first(&log));
    let kept = serde_json::to_string(&log.fold.payouts).expect("JSON");
    log.fold.payouts = serde_json::from_str(&kept).expect("runs");
    log.sound(vec![(RUN, PayoutRunPaused {}.into())]);
    log.sound(vec![(RUN, PayoutRunResumed {}.into())]);
    let mut second = log.pay(12, payout(3, 50, None), vec![]);
    second.push(says(vec![came_out(2, 12, None)], 2, 0, 150));
    log.sound(second);
    let refusal = Refusal::of("account-unknown");
    let last = says(vec![came_out(5, 13, Some(refusal.clone()))], 2, 1, 150);
    log.sound(vec![rejected(13, &refusal), last]);
    assert!(log.fold.payouts.runs.is_empty());
    log.wrong(vec![(RUN, PayoutRunPaused {}.into())], "was never opened, or is over");
}

#[test]
fn each_way_to_pay_a_row_wrong_is_found() {
    let wrong = |with: TransferPosted, words: &str| {
        let mut log = running();
        log.wrong(first_paid(&log, with), words);
    };
    wrong(payout(2, 99, Some("thanks")), "is to pay 100 KRW from 00000000-0000-0000-0000-000000000001");
    wrong(payout(3, 100, Some("thanks")), "for row 1, and pays 100 KRW");
    wrong(payout(2, 100, Some("thank you")), "pays row 1 with another reference or memo");
    wrong(payout(2, 100, None), "pays row 1 with another reference or memo");
    let anonymous = TransferPosted { reference: None, ..payout(2, 100, Some("thanks")) };
    wrong(anonymous, "pays row 1 with another reference or memo");
    let (other, thanks) = (Actor { role: Role::Operator, ..OPENER }, Some("thanks"));
    wrong(
        TransferPosted { asked_by: None, ..payout(2, 100, thanks) },
        "pays row 1 for somebody else than who opened it",
    );
    wrong(TransferPosted { asked_by: Some(other), ..payout(2, 100, thanks) }, "for somebody else than who opened it");
    let as_transfer = TransferPosted { kind: TransferKind::Transfer, ..payout(2, 100, Some("thanks")) };
    wrong(as_transfer.clone(), "is of no run, and says who asked for it");
    wrong(as_transfer, "has row 1 posted as transfer 00000000-0000-0000-0000-00000000000b");
    running().wrong(vec![says(vec![came_out(1, 11, None)], 1, 0, 100)], "which its commit does not say");
    let mut log = running();
    let unsaid = log.pay(11, payout(2, 100, Some("thanks")), vec![]);
    log.wrong(unsaid, "is a payout of 0 rows");
    let mut log = running();
    let mut events = log.pay(11, payout(2, 100, Some("thanks")), vec![]);
    events.push(says(vec![came_out(1, 11, None), came_out(2, 11, None)], 2, 0, 150));
    log.wrong(events, "is a payout of 2 rows");
    let mut log = running();
    let mut events = log.pay(11, payout(2, 100, Some("thanks")), vec![]);
    events.push(says(vec![came_out(1, 11, Some(Refusal::of("account-closed")))], 0, 1, 0));
    log.wrong(events, "has row 1 refused as transfer");
}

#[test]
fn a_row_by_number_is_paid_to_who_has_it() {
    let mut log = running();
    log.sound(first(&log));
    let mut events = log.pay(12, payout(2, 50, None), vec![]);
    events.push(says(vec![came_out(2, 12, None)], 2, 0, 150));
    log.wrong(events, "is to pay 50 KRW from 00000000-0000-0000-0000-000000000001 to number 0000");
}

#[test]
fn each_row_has_its_turn() {
    let mut log = running();
    log.sound(first(&log));
    let mut again = log.pay(12, payout(2, 100, Some("thanks")), vec![]);
    again.push(says(vec![came_out(1, 12, None)], 2, 0, 100));
    log.wrong(again, "pays row 1, and row 2 is next");
    let mut log = running();
    let mut second = log.pay(12, payout(3, 50, None), vec![]);
    second.push(says(vec![came_out(2, 12, None)], 1, 0, 0));
    log.wrong(second, "pays row 2, and row 1 is next");
    // The row that was left out is not waited for, so that it is reported once.
    let refusal = Refusal::of("account-unknown");
    let last = says(vec![came_out(5, 13, Some(refusal.clone()))], 1, 1, 0);
    log.sound(vec![rejected(13, &refusal), last]);
    running().wrong(vec![says(Vec::new(), 0, 0, 0)], "pays no row");
}

#[test]
fn rows_are_paid_while_the_run_is_running() {
    let mut log = filled();
    log.wrong(first(&log), "pays rows, and is open");
    let mut log = running();
    log.sound(vec![(RUN, PayoutRunPaused {}.into())]);
    log.wrong(first(&log), "pays rows, and is paused");
    let mut log = running();
    log.sound(vec![(RUN, PayoutRunCancelled {}.into())]);
    log.wrong(first(&log), "was never opened, or is over");
    running().wrong(vec![(RUN, PayoutRunStarted {}.into())], "is started, and was running");
    running().wrong(vec![(RUN, PayoutRunResumed {}.into())], "is resumed, and was running");
    filled().wrong(vec![(RUN, PayoutRunPaused {}.into())], "is paused, and was open");
}

#[test]
fn what_a_run_adds_up_to_is_added_up() {
    let mut log = running();
    let mut events = log.pay(11, payout(2, 100, Some("thanks")), vec![]);
    events.push(says(vec![came_out(1, 11, None)], 1, 0, 101));
    log.wrong(events, "says that 1 rows of 101 were posted and 0 refused, not 1 of 100 and 0");
    let with = |change: fn(&mut PayoutChunkAdded), words: &str| {
        let mut log = TestLog::new();
        log.sound(vec![(RUN, opened().into())]);
        let mut events = added(rows());
        if let (_, Event::PayoutRun(PayoutRunEvent::ChunkAdded(added))) = &mut events[0] {
            change(added);
        }
        log.wrong(events, words);
    };
    with(|added| added.rows = 4, "says that it has 4 rows of 160, and has 3 of 160");
    with(|added| added.total = minor(161), "says that it has 3 rows of 161, and has 3 of 160");
    with(|added| added.last_row = 6, "gets 3 rows up to row 5, and says that row 6 is the last");
    with(|added| added.chunk = 2, "gets chunk 2 after chunk 0");
}

#[test]
fn rows_are_of_the_run_that_says_so() {
    let mut log = TestLog::new();
    log.sound(vec![(RUN, opened().into())]);
    let rows_alone = added(rows()).split_off(1);
    log.wrong(rows_alone, "are of no run");
    let mut log = TestLog::new();
    log.sound(vec![(RUN, opened().into())]);
    let [first, second, third]: [PayoutRow; 3] = rows().try_into().expect("three");
    log.wrong(added(vec![second.clone(), first.clone(), third]), "gets row 1 of 100 after row 2");
    let mut log = filled();
    log.wrong(added(vec![second.clone()]), "gets chunk 1 after chunk 1");
    let mut log = running();
    log.wrong(added(vec![second]), "gets rows, and is running");
    let mut log = TestLog::new();
    log.wrong(
        vec![(RUN, PayoutRunOpened { source: account(CASH), ..opened() }.into())],
        "which is no member's account",
    );
    filled().wrong(vec![(RUN, opened().into())], "is opened as version 3");
}
