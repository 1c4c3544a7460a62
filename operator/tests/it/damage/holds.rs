//! Damages of the log in what is held, and in what passes a freeze.

use serde_json::json;
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use uuid::{Uuid, uuid};

use super::{Damage, Harm};
use crate::bank::{account, transfer};

const FIRST: Uuid = uuid!("acc00000-0000-7000-8000-000000000001");
const NOBODY: &str = "7fe00000-0000-7000-8000-00000000ffff";

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

pub const HOLDS: &[Damage] = &[
    log(
        "a debit of an account whose debits are frozen",
        |log| early(log, "TransferPosted").pop().expect("a reversal").set("despite_freeze", false),
        &["a freeze stops what is in its scope", "frozen account acc00000-0000-7000-8000-000000000003 is posted to"],
    ),
    log(
        "a transfer that passes a freeze",
        |log| early(log, "TransferPosted").pop().expect("a reversal").set("kind", "transfer"),
        &["is a transfer, and passes a freeze", "frozen account acc00000-0000-7000-8000-000000000003 is posted to"],
    ),
    log(
        "a freeze that is passed, and is not there",
        |log| {
            let scopes = log.of_type("AccountFrozen").into_iter().filter(|event| event.json()["scope"] == "debits");
            scopes.for_each(|event| event.become_a("AccountUnfrozen", &event.payload.clone()));
        },
        &["is said to pass a freeze, and there is none"],
    ),
    log(
        "a freeze of the scope that is there",
        |log| log.of_type("AccountFrozen").into_iter().for_each(|event| event.set("scope", "all")),
        &["was frozen and became frozen"],
    ),
    log(
        "a freeze that states other held funds",
        |log| log.of_type("AccountFrozen").into_iter().for_each(|event| event.set("held", "1")),
        &["held funds are those of active holds", "was held, not 1, when it became frozen"],
    ),
    log(
        "held funds that do not follow",
        |log| log.of_type("AccountFundsHeld")[1].set("held", "131"),
        &[
            "held funds are those of active holds",
            "100 of account acc00000-0000-7000-8000-000000000001 was held, +30 is not 131",
        ],
    ),
    log(
        "held funds at the end that are not those of the holds",
        |log| early(log, "AccountFundsReleased").pop().expect("a capture").set("held", "51"),
        &["57 of account acc00000-0000-7000-8000-000000000001 was held, -5 is not 51", "at the end 51 of account"],
    ),
    log(
        "more held than there is",
        |log| {
            let hold = early(log, "HoldPlaced").pop().expect("a hold");
            hold.set("amount", "1000");
            let account = early(log, "AccountFundsHeld").pop().expect("its account");
            account.set("amount", "1000");
            account.set("held", "1040");
        },
        &["no member's available balance is ever below zero", "and 1040 of it is held"],
    ),
    log(
        "a hold of more than its account holds for it",
        |log| log.of_type("HoldPlaced")[0].set("amount", "101"),
        &["is placed over 101, and account acc00000-0000-7000-8000-000000000001 does not hold that"],
    ),
    log(
        "a hold on an account of another asset",
        |log| log.of_type("HoldPlaced")[0].set("asset", "USD"),
        &["which is no member's account of USD"],
    ),
    log(
        "a hold on an account of the bank",
        |log| log.of_type("HoldPlaced")[0].set("source", "acc00000-0000-7000-8000-0000000003e8"),
        &["is on acc00000-0000-7000-8000-0000000003e8, which is no member's account of KRW"],
    ),
    log(
        "funds that are held for nothing",
        |log| {
            let refused =
                EditedEvent::new(Uuid::from_u128(0xffff), 1, "CommandRefused", r#"{"refusal": {"code": "x"}}"#);
            let released = log.of_type("HoldReleased").remove(0);
            *released = EditedEvent { position: released.position, ..refused };
        },
        &[
            "-10 of account acc00000-0000-7000-8000-000000000001 is held for hold 401d0000-0000-7000-8000-000000000002, which does not say so",
        ],
    ),
    log(
        "a part that is paid and still held",
        |log| log.of_type("HoldCaptured")[0].set("left", json!({"amount": "150", "captured": "50", "released": "0"})),
        &["had 0 of 150 paid and 0 given back; 50 of 150 paid and 0 given back does not follow from 60"],
    ),
    log(
        "more paid than is held",
        |log| {
            let captured = &mut log.of_type("HoldCaptured")[1];
            captured.set("paid", "140");
            captured.set("left", json!({"amount": "150", "captured": "200", "released": "-50"}));
        },
        &["has 200 of 150 paid and -50 given back: more than is held"],
    ),
    log(
        "a part that is paid by another transfer",
        |log| log.of_type("HoldCaptured")[0].set("transfer", NOBODY),
        &["is paid by transfer 7fe00000-0000-7000-8000-00000000ffff, which is not there", "which does not say so"],
    ),
    log(
        "a part that is paid by a transfer of another kind",
        |log| capture_of(log, 91).set("kind", "transfer"),
        &["which is no capture of it"],
    ),
    log(
        "a capture of another hold",
        |log| capture_of(log, 91).set("hold", "401d0000-0000-7000-8000-000000000002"),
        &["which is no capture of it", "is paid from hold 401d0000-0000-7000-8000-000000000002, which does not say so"],
    ),
    log(
        "a capture to another account than the hold is for",
        |log| log.of_type("HoldPlaced")[0].set("destination", "acc00000-0000-7000-8000-000000000003"),
        &["for account acc00000-0000-7000-8000-000000000003 is paid to acc00000-0000-7000-8000-000000000002"],
    ),
    log(
        "a capture after the end of the hold",
        |log| {
            let at = log.commits.iter().find(|commit| is_of(commit, "HoldCaptured")).expect("a capture").recorded_at;
            log.of_type("HoldPlaced")[0].set("expires_at", json!(at));
        },
        &[
            "held funds are those of active holds, each used within its amount and its time",
            "and is used at 2026-03-02",
        ],
    ),
    log(
        "an expiry before its time",
        |log| {
            let at = log.commits.iter().find(|commit| is_of(commit, "HoldExpired")).expect("an expiry").recorded_at;
            log.of_type("HoldPlaced")[2].set("expires_at", json!(at + chrono::TimeDelta::microseconds(1)));
        },
        &["and is recorded as expired at 2026-03-02"],
    ),
    log(
        "an expiry that leaves something",
        |log| {
            let expired = &mut log.of_type("HoldExpired")[0];
            expired.set("given_back", "5");
            expired.set("left", json!({"amount": "25", "captured": "0", "released": "5"}));
        },
        &["at its end, and 20 remains"],
    ),
    log(
        "a hold that goes on after it is over",
        |log| {
            let released = early(log, "HoldReleased").pop().expect("a release").clone();
            let funds = log
                .of_type("AccountFundsReleased")
                .into_iter()
                .find(|event| event.json()["hold"] == json!(released.stream));
            let funds = funds.expect("its account").clone();
            let version = log.newest_of(funds.stream).version + 1;
            let again = EditedEvent { version: released.version + 1, ..released };
            log.append(EditedCommit::new(vec![again, EditedEvent { version, ..funds }]));
        },
        &["hold 401d0000-0000-7000-8000-000000000002 was never placed, or is over"],
    ),
    log(
        "an account that is closed with held funds",
        |log| {
            let holds = log.newest_of(FIRST).clone();
            let version = holds.version + 1;
            log.append(EditedCommit::new(vec![EditedEvent {
                version,
                event_type: "AccountClosed".into(),
                schema_version: 1,
                payload: "{}".into(),
                ..holds
            }]));
        },
        &["52 of account acc00000-0000-7000-8000-000000000001 was held, not 0, when it became closed"],
    ),
];

fn is_of(commit: &EditedCommit, event_type: &str) -> bool {
    commit.events.iter().any(|event| event.event_type == event_type)
}

/// The events of a type that stand before the payments that limits count.
fn early<'a>(log: &'a mut EditedLog, event_type: &str) -> Vec<&'a mut EditedEvent> {
    let end = log.event_of(account(11), 1).position;
    log.of_type(event_type).into_iter().filter(|event| event.position < end).collect()
}

/// The transfer of a number.
fn capture_of(log: &mut EditedLog, number: u128) -> &mut EditedEvent {
    log.event_of(transfer(number), 1)
}
