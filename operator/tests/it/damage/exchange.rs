//! Damages of the log in the exchange.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};

use super::{Damage, Harm};
use crate::bank::{BANKS_DOLLARS, account, quote};

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

/// The first quote, as it was made.
fn made(log: &mut EditedLog) -> &mut EditedEvent {
    log.event_of(quote(1), 1)
}

/// The rate of dollars.
fn rate(log: &mut EditedLog) -> &mut EditedEvent {
    let found = log.of_type("RateSet").into_iter().find(|event| event.json()["from"] == "USD");
    found.expect("a rate")
}

/// When the first commit that holds an event of this type was recorded, and so much later.
fn when(log: &EditedLog, event_type: &str, later: TimeDelta) -> Value {
    let is_of = |commit: &&EditedCommit| commit.events.iter().any(|event| event.event_type == event_type);
    json!(log.commits.iter().find(is_of).expect("a commit").recorded_at + later)
}

pub const EXCHANGE: &[Damage] = &[
    log(
        "a quote of more than its rate gives",
        |log| made(log).set("receive", json!({"asset": "KRW", "amount": "134350"})),
        &[
            "a quote follows from the rate that counts",
            "quote 907e0000-0000-7000-8000-000000000001 is 134350 KRW for 10000 USD, which does not follow from the rate",
            "and is carried out as 134349 KRW",
        ],
    ),
    log(
        "a quote of another price than its rate's",
        |log| made(log).set("rate", "1350.25"),
        &["is made at the rate 1350.25, and another counts"],
    ),
    log(
        "a rate that is another",
        |log| rate(log).set("rate", "1351"),
        &["is made at the rate 1343.49875, and another"],
    ),
    log("a spread that is another", |log| rate(log).set("spread_bps", 49), &["is made at the rate 1343.49875, and"]),
    log(
        "a quote by a rate that counts no more",
        |log| {
            let then = when(log, "RateSet", TimeDelta::zero());
            rate(log).set("expires_at", then);
        },
        &["when no rate for USD and KRW counts"],
    ),
    log(
        "a quote that holds longer than its rate counts",
        |log| {
            let then = when(log, "QuoteMade", TimeDelta::days(1));
            made(log).set("expires_at", then);
        },
        &["quote 907e0000-0000-7000-8000-000000000001 holds until", "and its rate counts until"],
    ),
    log(
        "a rate on the stream of another",
        |log| rate(log).set("to", "EUR"),
        &["is set for USD and EUR, whose rate is on another stream"],
    ),
    log("a rate that is no number", |log| rate(log).set("rate", "1,350"), &["is set to `1,350`, which is no rate"]),
    log(
        "a quote for an account of someone else",
        |log| made(log).set("destination", json!(account(1))),
        &["KRW to acc00000-0000-7000-8000-000000000001, which are not both theirs"],
    ),
    log(
        "a quote that is used when its time is over",
        |log| {
            let then = when(log, "QuoteMade", TimeDelta::zero());
            made(log).set("expires_at", then);
        },
        &["quote 907e0000-0000-7000-8000-000000000001 ended at", "and is used at"],
    ),
    log(
        "a quote that is used twice",
        |log| {
            let used = log.of_type("QuoteUsed")[0].clone();
            log.append(EditedCommit::new(vec![EditedEvent { version: 3, ..used }]));
        },
        &["quote 907e0000-0000-7000-8000-000000000001 was never made, or was used before"],
    ),
    log(
        "an exchange without a quote",
        |log| log.of_type("QuoteUsed")[0].set("transfer", "7fe00000-0000-7000-8000-00000000ffff"),
        &[
            "is used for transfer 7fe00000-0000-7000-8000-00000000ffff, which is no exchange of its commit",
            "transfer 7fe00000-0000-7000-8000-0000000000a1 is an exchange with 0 quotes",
        ],
    ),
    log(
        "an exchange with another account of the bank",
        |log| {
            let opened = log.event_of(account(BANKS_DOLLARS), 1);
            opened.set("holder", json!({"kind": "system", "name": "fees/test"}));
        },
        &["is carried out with acc00000-0000-7000-8000-0000000003ea, which is no exchange account of the bank"],
    ),
];
