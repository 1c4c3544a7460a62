//! Damages of the log in what is counted for limits, and in payment codes.

use serde_json::{Value, json};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use uuid::Uuid;

use super::{Damage, Harm};
use crate::bank::{code, hold, transfer};

const NOBODY: &str = "7fe00000-0000-7000-8000-00000000ffff";

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

/// The first event of a type that names this in a field.
fn naming<'a>(log: &'a mut EditedLog, event_type: &str, field: &str, id: Uuid) -> &'a mut EditedEvent {
    let found = log.of_type(event_type).into_iter().find(|event| event.json()[field] == json!(id));
    found.expect("an event")
}

/// The event of an account that a transfer takes money from, or brings it to.
fn side<'a>(log: &'a mut EditedLog, event_type: &str, number: u128) -> &'a mut EditedEvent {
    naming(log, event_type, "transfer", transfer(number))
}

/// Where the end of a window and an amount stand in an entry of what is used, or of what a hold counts.
const UNTIL: usize = 2;
const AMOUNT: usize = 3;

/// Sets a field of the first entry of a list.
fn set_first(event: &mut EditedEvent, list: &str, field: usize, value: impl Into<Value>) {
    let mut entries = event.json()[list].clone();
    entries[0][field] = value.into();
    event.set(list, entries);
}

/// Says that a transfer counts so much of the account of its first leg, so often, in the first window that it counts in.
fn counts(event: &mut EditedEvent, amount: &str, count: u32) {
    let transfer = event.json();
    let mut counted = transfer["counted"].clone();
    let [limit, window, until] = [0, 1, 2].map(|field| counted[0][field].clone());
    counted[0] = json!([limit, window, until, transfer["legs"][0]["account"], amount, count]);
    event.set("counted", counted);
}

/// When the first commit that holds an event of this type was recorded.
fn when(log: &EditedLog, event_type: &str) -> Value {
    let is_of = |commit: &&EditedCommit| commit.events.iter().any(|event| event.event_type == event_type);
    json!(log.commits.iter().find(is_of).expect("a commit").recorded_at)
}

pub const LIMITS: &[Damage] = &[
    log(
        "a use that is too low",
        |log| set_first(side(log, "AccountDebited", 113), "used", AMOUNT, "90"),
        &["what counts for a limit is counted in its window", "which counts 90 in 1 for limit daily in the day"],
    ),
    log(
        "a payment that is not counted",
        |log| side(log, "AccountDebited", 113).set("used", json!([])),
        &["which counts 0 in 0 for limit daily in the day"],
    ),
    log(
        "a use in a window that is over",
        |log| set_first(side(log, "AccountDebited", 131), "used", UNTIL, "2026-03-02T15:00:00Z"),
        &[
            "counts for limit daily in the day to 2026-03-02 15:00:00 UTC",
            "and at 2026-03-03 03:00:00.250 UTC it is to 2026-03-03 15:00:00 UTC",
        ],
    ),
    log(
        "more than a limit",
        |log| log.of_type("LimitSet")[1].set("per_day", json!({"amount": "99"})),
        &["comes to 100 of limit daily in the day, which is at most 99"],
    ),
    log(
        "more often than a limit",
        |log| log.of_type("LimitSet")[1].set("per_day", json!({"count": 1})),
        &["comes to 2 times of limit daily in the day, which is at most 1"],
    ),
    log(
        "more at once than a limit",
        |log| log.of_type("LimitSet")[1].set("per_transfer", "99"),
        &["and limit daily is 99 for each"],
    ),
    log(
        "a payment that says that it counts less",
        |log| counts(log.event_of(transfer(113), 1), "99", 1),
        &["says that it counts 99 in 1 of limit daily in the day"],
    ),
    log(
        "a limit that does not apply",
        |log| log.of_type("AccountLimitsAssigned")[0].set("limits", json!([])),
        &["of which one does not apply"],
    ),
    log(
        "an assigned limit that is not set",
        |log| log.of_type("AccountLimitsAssigned")[0].set("limits", json!(["low", "old"])),
        &["of which one is not set or comes twice"],
    ),
    log(
        "a limit that is deleted and was not set",
        |log| log.of_type("LimitDeleted")[0].set("name", "other"),
        &["delete limit other, which is not set"],
    ),
    log(
        "a reversal that gives nothing back",
        |log| side(log, "AccountCredited", 115).set("used", json!([])),
        &["gives 0 in 0 of limit daily in the day back to account acc00000-0000-7000-8000-00000000000c, not -50 in -1"],
    ),
    log(
        "a hold that gives back more than is released",
        |log| set_first(naming(log, "AccountFundsReleased", "hold", hold(11)), "used", AMOUNT, "120"),
        &["gives back to account acc00000-0000-7000-8000-00000000000b -80 in 0 of limit daily"],
    ),
    log(
        "a hold that counts more than it is",
        |log| set_first(log.event_of(hold(11), 1), "counted", AMOUNT, "81"),
        &["says that it counts 81 in 1 of limit daily in the day"],
    ),
    log(
        "a capture that takes over less",
        |log| counts(log.event_of(transfer(116), 1), "39", 0),
        &["which takes over 39 in 0 of limit daily in the day"],
    ),
    log(
        "a code that is used a second time",
        |log| {
            let used = log.event_of(code(1), 2).clone();
            log.append(EditedCommit::new(vec![EditedEvent { version: 3, ..used }]));
        },
        &["a payment code is used once", "was never issued, or was used before"],
    ),
    log(
        "a code that is used after its end",
        |log| {
            let at = when(log, "PaymentCodeUsed");
            log.event_of(code(1), 1).set("expires_at", at);
        },
        &["and is used at 2026-03-02"],
    ),
    log(
        "a code that pays more than it may",
        |log| log.event_of(code(1), 1).set("max", "29"),
        &["is used for 30, and pays 29 at most"],
    ),
    log(
        "a code of another account",
        |log| log.event_of(code(2), 1).set("source", "acc00000-0000-7000-8000-00000000000b"),
        &["is used for account acc00000-0000-7000-8000-00000000000c KRW, and was issued for"],
    ),
    log(
        "a code that is used for another transfer",
        |log| log.event_of(code(1), 2).set("used_for", json!({"transfer": NOBODY})),
        &["which is no charge of its commit", "is a charge with 0 payment codes"],
    ),
];
