//! Damages of the log in processes with the outside world.

use serde_json::Value;
use testkit::kit::{EditedEvent, EditedLog};

use super::{Damage, Harm};
use crate::bank::{account, hold, process, transfer};

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

pub const PROCESSES: &[Damage] = &[
    log(
        "a top-up of more than it credits",
        |log| started(log, 1).set("money", serde_json::json!({"asset": "KRW", "amount": "501"})),
        &["a process with the outside moves its money once", "takes step credit, and the money says otherwise"],
    ),
    log(
        "a process that is done without its money",
        |log| taken(log, 1, "confirm").set("leaves", "done"),
        &["is done after another step than its last", "was never started, or is over"],
    ),
    log(
        "a process that pays from another hold",
        |log| started(log, 2).set("hold", hold(4).to_string()),
        &["which is not one of its money for the outside"],
    ),
    log(
        "a process that pays without a hold",
        |log| started(log, 3).set("hold", Value::Null),
        &["process 940c0000-0000-7000-8000-000000000003 pays without a hold"],
    ),
    log(
        "a capture that its process does not name",
        |log| taken(log, 2, "capture").set("transfer", transfer(20).to_string()),
        &["takes step capture, and the money says otherwise"],
    ),
    log(
        "a process on an account of the bank",
        |log| started(log, 1).set("account", account(1000).to_string()),
        &["which is no member's account of KRW"],
    ),
];

fn started(log: &mut EditedLog, n: u128) -> &mut EditedEvent {
    let mut all = log.of_type("ProcessStarted").into_iter();
    all.find(|event| event.stream == process(n)).expect("a process")
}

fn taken<'a>(log: &'a mut EditedLog, n: u128, step: &str) -> &'a mut EditedEvent {
    let mut all = log.of_type("ProcessStepTaken").into_iter();
    all.find(|event| event.stream == process(n) && event.json()["step"] == step).expect("a step")
}
