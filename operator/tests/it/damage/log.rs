//! Damages of the log.

use serde_json::json;
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use uuid::{Uuid, uuid};

use super::{Damage, Harm};

const FIRST: Uuid = uuid!("acc00000-0000-7000-8000-000000000001");
const NOBODY: &str = "7fe00000-0000-7000-8000-00000000ffff";
const MEMBER: &str = "3e3b0000-0000-7000-8000-000000000001";

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

const fn sql(name: &'static str, sql: &'static str, words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::LogSql(sql), words }
}

/// The one transfer of several legs.
fn with_legs(log: &mut EditedLog) -> &mut EditedEvent {
    let found = log.events().find(|event| event.json()["legs"].as_array().is_some_and(|legs| legs.len() == 3));
    found.expect("a transfer of several legs")
}

pub const LOG: &[Damage] = &[
    log(
        "an event is gone",
        |log| log.lose_event(20),
        &["positions are gapless from 1", "positions 20..20 are missing", "commits cover all events", "holds 2 events"],
    ),
    log(
        "a whole commit is gone",
        |log| drop(log.lose_commit(18)),
        &["positions 18..20 are missing", "versions are gapless"],
    ),
    log(
        "the first commit is gone",
        |log| drop(log.lose_commit(1)),
        &["positions 1..1 are missing", "was never opened"],
    ),
    log("a commit claims too much", |log| log.commit_at(18).last += 1, &["commit 18..21 holds 3 events"]),
    log(
        "a commit without events",
        |log| {
            let newest = log.commits.last().expect("commits").recorded_at;
            log.commits.push(EditedCommit {
                first: 9000,
                last: 9001,
                recorded_at: newest,
                ..EditedCommit::new(vec![])
            });
        },
        &["commit 9000..9001 has no events"],
    ),
    log(
        "two commits overlap",
        |log| {
            let recorded_at = log.commit_at(18).recorded_at;
            log.commits.push(EditedCommit { first: 19, last: 19, recorded_at, ..EditedCommit::new(vec![]) });
        },
        &["commit 18..20 holds 1 events"],
    ),
    log(
        "the clock goes back",
        |log| log.commit_at(18).recorded_at -= chrono::TimeDelta::days(1),
        &["recorded_at never goes back"],
    ),
    sql(
        "the head is elsewhere",
        "update log_head set position = position - 1",
        &["the head is the end of the log", "log_head is at"],
    ),
    sql("the head's clock is behind", "update log_head set recorded_at = 'epoch'", &["the clock of log_head"]),
    log(
        "a version is skipped",
        |log| log.events().last().expect("events").version += 1,
        &["versions are gapless in every stream", "follows"],
    ),
    log(
        "two events of a stream stand in the wrong order",
        |log| {
            let both = log.events().filter(|event| event.stream == FIRST && [2, 3].contains(&event.version));
            both.for_each(|event| event.version = 5 - event.version);
        },
        &["versions are gapless in every stream"],
    ),
    log(
        "an event of an unknown kind",
        |log| log.of_type("CommandRefused").into_iter().for_each(|event| event.event_type = "AccountBlessed".into()),
        &["every event can be read", "AccountBlessed"],
    ),
    log(
        "an event of a later schema",
        |log| log.of_type("CommandRefused").into_iter().for_each(|event| event.schema_version = 9),
        &["every event can be read", "schema version 9"],
    ),
    log(
        "a payload of another shape",
        |log| log.event_at(19).payload = r#"{"amount": 5}"#.into(),
        &["every event can be read", "position 19"],
    ),
    log(
        "a debit of another amount",
        |log| log.event_at(19).set("amount", "999"),
        &[
            "every transfer has a debit or a credit for each of its legs",
            "999 is debited",
            "balances in events",
            "each asset sums to zero",
        ],
    ),
    log(
        "a debit and a credit of another amount than posted",
        |log| log.event_at(21).set("amount", "299"),
        &["299 is to be moved"],
    ),
    log(
        "a credit that names another transfer",
        |log| log.event_at(20).set("transfer", NOBODY),
        &["1 debits and 0 credits", "the transfer is not there"],
    ),
    log(
        "a credit to another account than named",
        |log| log.event_at(21).set("destination", "acc00000-0000-7000-8000-000000000003"),
        &["not those it names"],
    ),
    log("another asset", |log| log.event_at(21).set("asset", "USD"), &["an account does not hold USD"]),
    log(
        "legs that do not sum to zero",
        |log| {
            let posted = with_legs(log);
            posted.payload = posted.payload.replace(r#""amount":"20""#, r#""amount":"21""#);
        },
        &[
            "every event can be read",
            "is no transfer",
            "the legs of KRW do not sum to zero",
            "the transfer is not there",
        ],
    ),
    log(
        "a single leg",
        |log| with_legs(log).set("legs", json!([])),
        &["every event can be read", "a transfer has at least two legs", "the transfer is not there"],
    ),
    log(
        "legs of another order than their postings",
        |log| {
            let posted = with_legs(log);
            let mut legs = posted.json()["legs"].as_array().cloned().expect("legs");
            legs.reverse();
            posted.set("legs", legs);
        },
        &["10 is to be moved, 30 is debited"],
    ),
    log(
        "a leg without its credit",
        |log| {
            let third = with_legs(log).position + 3;
            log.event_at(third).set("transfer", NOBODY);
        },
        &["1 debits and 1 credits for 3 legs", "the transfer is not there"],
    ),
    log(
        "a balance that does not follow",
        |log| log.event_at(23).set("balance", "1"),
        &["balances in events equal the running sums", "position 23"],
    ),
    log(
        "a member below zero",
        |log| log.event_at(22).set("balance", "-700"),
        &["no member's available balance is ever below zero", "is at -700"],
    ),
    log(
        "a freeze with another balance",
        |log| log.of_type("AccountFrozen").into_iter().for_each(|event| event.set("balance", "1")),
        &["balances in events", "when it became frozen"],
    ),
    log(
        "a closed account that lives on",
        |log| log.of_type("AccountUnfrozen").into_iter().for_each(|event| event.become_a("AccountClosed", "{}")),
        &["closed account acc00000-0000-7000-8000-000000000003 is posted to"],
    ),
    log(
        "a frozen account that is posted to",
        |log| log.of_type("AccountUnfrozen").into_iter().for_each(|event| event.event_type = "AccountFrozen".into()),
        &[
            "was frozen and became frozen",
            "a freeze stops what is in its scope",
            "frozen account acc00000-0000-7000-8000-000000000003 is posted to",
        ],
    ),
    log(
        "a number that is not reserved",
        |log| log.event_at(3).stream = Uuid::from_u128(0xffff),
        &["each with its number", "is not reserved"],
    ),
    log(
        "a reversal of another transfer",
        |log| {
            let reversals = log.events().filter(|event| event.json()["kind"] == "reversal");
            reversals.for_each(|event| event.set("reverses", "7fe00000-0000-7000-8000-000000000006"));
        },
        &["a reversal mirrors what it reverses", "does not mark", "is not the mirror"],
    ),
    log(
        "a reversal that is not marked",
        |log| {
            let refused = r#"{"refusal": {"code": "x"}}"#;
            log.without_constraints();
            log.of_type("TransferReversed").into_iter().for_each(|event| event.become_a("CommandRefused", refused));
        },
        &["does not mark what it reverses"],
    ),
    log(
        "a reference of a transfer that is not there",
        |log| log.of_type("ReferenceUsed").into_iter().for_each(|event| event.set("transfer", NOBODY)),
        &["a reference that is unique is used once", "which has none"],
    ),
    log(
        "an account that is opened a second time",
        |log| {
            let opened = r#"{"holder": {"kind": "system", "name": "cash/test"}, "asset": "KRW"}"#;
            log.without_constraints();
            log.of_type("AccountUnfrozen").into_iter().for_each(|event| event.become_a("AccountOpened", opened));
        },
        &[
            "events that open a stream stand at version 1 only",
            "opens a stream, and stands at version",
            "is opened as version",
        ],
    ),
    log(
        "an account that is reversed like a transfer",
        |log| {
            let reversed = r#"{"by": "7fe00000-0000-7000-8000-000000000001"}"#;
            log.of_type("AccountUnfrozen").into_iter().for_each(|event| event.become_a("TransferReversed", reversed));
        },
        &[
            "every stream is of one kind",
            "stream acc00000-0000-7000-8000-000000000003 of two kinds: it is of kind account, but version",
            "TransferReversed) is of kind transfer",
        ],
    ),
    log(
        "a refused command on the stream of an account number",
        |log| {
            let number = log.of_type("AccountNumberAssigned").first().expect("a number").stream;
            log.without_constraints();
            log.of_type("CommandRefused").into_iter().for_each(|event| (event.stream, event.version) = (number, 2));
        },
        &["it is of kind account number, but version 2", "is of kind refused command", "CommandRefused at position"],
    ),
    log(
        "an open account of one who was erased",
        |log| {
            let opened = log.event_of(FIRST, 1);
            let mut holder = opened.json()["holder"].clone();
            holder["owner"] = json!("3e3b0000-0000-7000-8000-000000000004");
            opened.set("holder", holder);
        },
        &[
            "no account is open after its owner was erased",
            "account acc00000-0000-7000-8000-000000000001 is open, but its owner 3e3b0000-0000-7000-8000-000000000004",
        ],
    ),
    log(
        "an account that is opened for one who left",
        |log| {
            let left = json!({"owner": MEMBER, "erasure": MEMBER}).to_string();
            let left = EditedEvent::new(Uuid::from_u128(0xfffe), 1, "OwnerLeft", left);
            let opened = EditedEvent { stream: Uuid::from_u128(0xffff), ..log.event_of(FIRST, 1).clone() };
            log.append(EditedCommit { actor_role: "s".into(), ..EditedCommit::new(vec![left, opened]) });
        },
        &["or opened after its owner left", "is opened for 3e3b0000-0000-7000-8000-000000000001, who has left"],
    ),
];
