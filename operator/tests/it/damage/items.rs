//! Damages of the log in items, offers and standing orders.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};

use super::{Damage, Harm};
use crate::bank::{item, member, offer, order, transfer};

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

/// When the first commit that holds an event of this type was recorded, and so much later.
fn when(log: &EditedLog, event_type: &str, later: TimeDelta) -> Value {
    let is_of = |commit: &&EditedCommit| commit.events.iter().any(|event| event.event_type == event_type);
    json!(log.commits.iter().find(is_of).expect("a commit").recorded_at + later)
}

pub const ITEMS: &[Damage] = &[
    log(
        "an item that is given away by someone else",
        |log| log.of_type("ItemTransferred")[0].set("from", json!(member(1))),
        &["an item has one owner", "is given away by 3e3b0000-0000-7000-8000-000000000001, and is 3e3b0000"],
    ),
    log(
        "an item of another serial",
        |log| log.event_of(item(1).uuid(), 1).set("serial", "3/100"),
        &["is number 3/100 of cards, whose id is"],
    ),
    log(
        "an item that is given away while it is offered",
        |log| {
            let version = log.newest_of(item(2).uuid()).version + 1;
            let given = json!({"from": member(11), "to": member(12)}).to_string();
            let given = EditedEvent::new(item(2).uuid(), version, "ItemTransferred", given);
            log.append(EditedCommit::new(vec![given]));
        },
        &["is given away, and is offered in 0ffe0000-0000-7000-8000-000000000004"],
    ),
    log(
        "an item that is sold to two",
        |log| log.of_type("ItemTraded")[0].set("to", json!(member(1))),
        &["and item", "is not sold so"],
    ),
    log(
        "an offer of an item of someone else",
        |log| log.event_of(offer(4), 1).set("seller", json!(member(12))),
        &["which is not 3e3b0000-0000-7000-8000-00000000000c's"],
    ),
    log(
        "an offer that is paid to another account",
        |log| log.event_of(offer(1), 1).set("destination", "acc00000-0000-7000-8000-00000000000c"),
        &["is paid to acc00000-0000-7000-8000-00000000000c, which is no account of"],
    ),
    log(
        "a sale for another price",
        |log| log.event_of(offer(1), 1).set("price", json!({"asset": "KRW", "amount": "201"})),
        &["is 201 KRW to acc00000-0000-7000-8000-00000000000b", "pays 200 KRW to"],
    ),
    log(
        "a sale to the seller",
        |log| log.of_type("OfferAccepted")[0].set("buyer", json!(member(11))),
        &["is accepted by 3e3b0000-0000-7000-8000-00000000000b, who opened it"],
    ),
    log(
        "a sale that is paid for nothing",
        |log| log.event_of(transfer(122), 1).set("trade", Value::Null),
        &["is a trade of no item", "which is no trade of it"],
    ),
    log(
        "a sale after the end of the offer",
        |log| {
            let at = when(log, "OfferAccepted", TimeDelta::zero());
            log.event_of(offer(1), 1).set("expires_at", at);
        },
        &["and is accepted at 2026-03-02"],
    ),
    log(
        "an offer that expires before its time",
        |log| {
            let at = when(log, "OfferExpired", TimeDelta::microseconds(1));
            log.event_of(offer(3), 1).set("expires_at", at);
        },
        &["and is recorded as expired at 2026-03-02"],
    ),
    log(
        "an offer that ends twice",
        |log| {
            let accepted = log.of_type("OfferAccepted")[0].clone();
            log.append(EditedCommit::new(vec![EditedEvent { version: 3, ..accepted }]));
        },
        &["was never opened, or is over"],
    ),
];

/// The run that the transfer of a number belongs to.
fn run(log: &mut EditedLog, number: u128) -> &mut EditedEvent {
    let runs = log.of_type("StandingOrderRan").into_iter();
    runs.into_iter().find(|run| run.json()["transfer"] == json!(transfer(number))).expect("a run")
}

pub const ORDERS: &[Damage] = &[
    log(
        "a run that happens twice",
        |log| run(log, 133).set("due_at", "2026-03-04T03:00:00Z"),
        &[
            "each due run of a standing order happens once",
            "goes on with the run of 2026-03-04 03:00:00 UTC, and the next is due at 2026-03-05 03:00:00 UTC",
        ],
    ),
    log(
        "a run before it is due",
        |log| {
            log.event_of(order(1), 1).set("next_at", "2026-03-03T03:00:10Z");
            run(log, 131).set("due_at", "2026-03-03T03:00:10Z");
        },
        &["before its run is due at 2026-03-03 03:00:10 UTC", "and its schedule says at 2026-03-03 03:00:00 UTC"],
    ),
    log(
        "a run of an order that is paused",
        |log| {
            let mut ran = run(log, 133).clone();
            ran.set("due_at", "2026-03-03T03:00:00Z");
            log.append(EditedCommit::new(vec![EditedEvent { stream: order(5), version: 3, ..ran }]));
        },
        &["is paused, and goes on with the run that is due at 2026-03-03 03:00:00 UTC"],
    ),
    log(
        "a run of an order that is over",
        |log| {
            let ran = run(log, 133).clone();
            log.append(EditedCommit::new(vec![EditedEvent { version: ran.version + 1, ..ran }]));
        },
        &["was never placed, or is over"],
    ),
    log(
        "runs that are left out and were to be caught up",
        |log| log.event_of(order(2), 1).set("catch_up", true),
        &["is to catch up, and leaves out the run of 2026-03-03 03:00:00 UTC"],
    ),
    log(
        "runs that are left out and are not late",
        |log| log.of_type("StandingOrderSkipped")[0].set("next_at", "2026-03-24T03:00:00Z"),
        &["is due at 2026-03-24 03:00:00 UTC next, and its schedule says at 2026-03-17 03:00:00 UTC"],
    ),
    log(
        "a run after which the next one is left out",
        |log| run(log, 134).set("next_at", "2026-03-31T03:00:00Z"),
        &["is due at 2026-03-31 03:00:00 UTC next, and its schedule says at 2026-03-24 03:00:00 UTC"],
    ),
    log(
        "an order that goes on after its last run",
        |log| run(log, 133).set("next_at", "2026-03-06T03:00:00Z"),
        &["is due at 2026-03-06 03:00:00 UTC next, and its schedule says never"],
    ),
    log(
        "an order that goes on after a refused run",
        |log| run(log, 135).set("next_at", "2026-04-30T03:00:00Z"),
        &["is due at 2026-04-30 03:00:00 UTC next, and its schedule says never"],
    ),
    log(
        "a run that pays something else",
        |log| log.event_of(order(1), 1).set("money", json!({"asset": "KRW", "amount": "6"})),
        &["is to pay 6 KRW from acc00000-0000-7000-8000-00000000000b", "and pays 5 KRW from"],
    ),
    log(
        "a refused run that is called posted",
        |log| run(log, 132).set("refusal", Value::Null),
        &["is posted as transfer 7fe00000-0000-7000-8000-000000000084, which its commit does not say"],
    ),
    log(
        "a transfer of another order",
        |log| log.event_of(transfer(131), 1).set("order", json!(order(2))),
        &["is of standing order 04de0000-0000-7000-8000-000000000002, which does not say so", "is posted as transfer"],
    ),
    log(
        "an order that is resumed and was not paused",
        |log| {
            let resumed = log.of_type("StandingOrderResumed")[0].clone();
            let version = log.newest_of(order(2)).version + 1;
            log.append(EditedCommit::new(vec![EditedEvent { version, ..resumed }]));
        },
        &["is resumed, and its next run is due at 2026-03-31 03:00:00 UTC"],
    ),
];
