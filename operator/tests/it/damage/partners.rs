//! Damages of the log in partners and their keys.

use serde_json::json;
use testkit::kit::EditedLog;

use super::{Damage, Harm};
use crate::bank::{key, partner};

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

const RULE: &str = "whatever a partner does names one key that was issued to it";

pub const PARTNERS: &[Damage] = &[
    log(
        "a command with a key that was never issued",
        |log| log.of_type("PartnerKeyUsed")[0].set("key", json!(key(9))),
        &[RULE, "is of key 6e790000-0000-7000-8000-000000000009, which is not one of"],
    ),
    log(
        "a command with the key of someone else",
        |log| log.event_of(key(1), 1).set("partner", json!(partner(2))),
        &[RULE, "is of key 6e790000-0000-7000-8000-000000000001, which is not one of"],
    ),
    log(
        "a command that another partner is said to have sent",
        |log| log.of_type("PartnerKeyUsed")[0].set("partner", json!(partner(2))),
        &[RULE, "says that 9a270000-0000-7000-8000-000000000002 sent a command that is not its own"],
    ),
    log(
        "a command of a partner that names no key",
        |log| {
            let of_partner = log.commits.iter_mut().find(|commit| commit.actor_role == "m").expect("a commit");
            of_partner.actor_role = "p".into();
        },
        &[RULE, "and names 0 keys"],
    ),
    log(
        "a key of a partner that is not there",
        |log| log.event_of(key(3), 1).set("partner", json!(partner(9))),
        &[RULE, "is issued to 9a270000-0000-7000-8000-000000000009"],
    ),
    log(
        "a key that someone else revoked",
        |log| log.event_of(key(2), 2).set("partner", json!(partner(2))),
        &[RULE, "which is not one of"],
    ),
];
