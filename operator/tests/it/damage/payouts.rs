//! Damages of the log in payout runs.

use serde_json::{Value, json};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use uuid::Uuid;

use super::{Damage, Harm};
use crate::bank::{payout, transfer};

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

/// The first event of a type on the stream of a run.
fn of_run<'a>(log: &'a mut EditedLog, event_type: &str, n: u128) -> &'a mut EditedEvent {
    let found = log.of_type(event_type).into_iter().find(|event| event.stream == payout(n));
    found.expect("an event")
}

/// What came of the first rows of the first run.
fn results(log: &mut EditedLog, change: impl FnOnce(&mut Vec<Value>)) {
    let paid = of_run(log, "PayoutRowsPaid", 1);
    let mut results = paid.json()["results"].as_array().cloned().expect("results");
    change(&mut results);
    paid.set("results", results);
}

pub const PAYOUTS: &[Damage] = &[
    log(
        "a row that is paid twice",
        |log| results(log, |results| results[1]["row"] = json!(1)),
        &["a payout run pays each of its rows once", "pays row 1, and row 2 is next"],
    ),
    log(
        "a row that is left out",
        |log| {
            results(log, |results| drop(results.remove(0)));
            let paid = of_run(log, "PayoutRowsPaid", 1);
            paid.set("posted", 1);
            paid.set("paid", "50");
        },
        &["pays row 2, and row 1 is next", "7fe00000-0000-7000-8000-000000000097 is a payout of 0 rows"],
    ),
    log(
        "a row of another amount",
        |log| {
            let added = &mut log.of_type("PayoutRowsAdded")[0];
            let mut rows = added.json()["rows"].clone();
            rows[0]["amount"] = json!("101");
            added.set("rows", rows);
        },
        &[
            "says that it has 2 rows of 150, and has 2 of 151",
            "is to pay 101 KRW from acc00000-0000-7000-8000-000000000015",
        ],
    ),
    log(
        "a row of another account",
        |log| {
            let added = &mut log.of_type("PayoutRowsAdded")[0];
            let mut rows = added.json()["rows"].clone();
            rows[0]["destination"] = json!({"account": "acc00000-0000-7000-8000-000000000001"});
            added.set("rows", rows);
        },
        &["to acc00000-0000-7000-8000-000000000001 for row 1, and pays 100 KRW"],
    ),
    log(
        "a row that is paid with another memo",
        |log| log.event_of(transfer(151), 1).set("memo", "another"),
        &["pays row 1 with another reference or memo"],
    ),
    log(
        "a row that is paid with another reference",
        |log| log.event_of(transfer(152), 1).set("reference", "payroll-2"),
        &["pays row 2 with another reference or memo"],
    ),
    log(
        "a row that is paid for another service",
        |log| {
            let other = json!({"role": "service", "id": "3e3b0000-0000-7000-8000-00000000ffff"});
            log.event_of(transfer(151), 1).set("asked_by", other);
        },
        &["pays row 1 for somebody else than who opened it"],
    ),
    log(
        "a row that is refused to nobody",
        |log| log.event_of(transfer(153), 1).set("asked_by", Value::Null),
        &["pays row 5 for somebody else than who opened it"],
    ),
    log(
        "a transfer that names who asked for it, and is of no run",
        |log| {
            let other = json!({"role": "service", "id": "3e3b0000-0000-7000-8000-00000000ffff"});
            let posted = log.event_of(transfer(113), 1);
            posted.set("asked_by", other);
        },
        &["is of no run, and says who asked for it"],
    ),
    log(
        "rows that are paid while the run is paused",
        |log| of_run(log, "PayoutRunStarted", 3).event_type = "PayoutRunPaused".into(),
        &["is paused, and was open", "pays rows, and is paused"],
    ),
    log(
        "rows that are paid after the run was cancelled",
        |log| {
            let paid = of_run(log, "PayoutRowsPaid", 2).clone();
            let version = log.newest_of(payout(2)).version + 1;
            log.append(EditedCommit::new(vec![EditedEvent { version, ..paid }]));
        },
        &["payout run 9a700000-0000-7000-8000-000000000002 was never opened, or is over"],
    ),
    log(
        "a run that goes on after its last row",
        |log| {
            let resumed = of_run(log, "PayoutRunResumed", 1).clone();
            let version = log.newest_of(payout(1)).version + 1;
            log.append(EditedCommit::new(vec![EditedEvent { version, ..resumed }]));
        },
        &["payout run 9a700000-0000-7000-8000-000000000001 was never opened, or is over"],
    ),
    log(
        "sums that do not follow",
        |log| of_run(log, "PayoutRowsPaid", 3).set("paid", "8"),
        &["says that 1 rows of 8 were posted and 0 refused, not 1 of 7 and 0"],
    ),
    log(
        "a run that is called finished too early",
        |log| of_run(log, "PayoutRowsPaid", 2).set("finished", true),
        &["says that it is finished, and has rows left"],
    ),
    log(
        "a refused row that is called posted",
        |log| {
            let paid = log.of_type("PayoutRowsPaid").into_iter().find(|event| event.json()["refused"] == json!(1));
            let paid = paid.expect("a refused row");
            let mut results = paid.json()["results"].clone();
            results[0]["refusal"] = Value::Null;
            paid.set("results", results);
        },
        &["has row 5 posted as transfer 7fe00000-0000-7000-8000-000000000099, which its commit does not say"],
    ),
    log(
        "rows that are of no run",
        |log| log.of_type("PayoutRowsAdded")[0].stream = Uuid::from_u128(0xfffd),
        &["payout rows 00000000-0000-0000-0000-00000000fffd are of no run", "gets 0 rows up to row 0"],
    ),
    log(
        "a run that is opened for an account of the bank",
        |log| of_run(log, "PayoutRunOpened", 1).set("source", "acc00000-0000-7000-8000-0000000003e8"),
        &["from acc00000-0000-7000-8000-0000000003e8, which is no member's account of it"],
    ),
];
