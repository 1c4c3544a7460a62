//! `dev status`.

use std::process::ExitCode;

use anyhow::Result;
use harness::kit::Place;

use crate::{
    environment::Environment,
    house::{PROCESSES, readiness},
    record::Record,
    say,
    servers::{address_of, running_postgres},
};

/// Tells what runs.
pub async fn status() -> Result<ExitCode> {
    let place = Place::open()?;
    let environment = Environment::read(&place);
    let mut well = true;
    match (running_postgres(&place), environment.get("JANGBU_LOG_DATABASE_URL")) {
        (Some(identity), Some(url)) => say::step("postgres", &format!("{}, pid {}", address_of(url)?, identity.pid)),
        _ => well &= absent("postgres"),
    }
    match Record::running(&place, "nats") {
        Some(record) => say::step("nats", &format!("{}, pid {}", record.address, record.identity.pid)),
        None => well &= absent("nats"),
    }
    let client = reqwest::Client::new();
    for process in &PROCESSES {
        let Some(record) = Record::running(&place, process.name) else {
            well &= absent(process.name);
            continue;
        };
        let state = match readiness(&client, record.address).await {
            Ok(()) => "ready".to_owned(),
            Err(why) => {
                well = false;
                why
            }
        };
        say::step(process.name, &format!("http://{}, pid {}, {state}", record.address, record.identity.pid));
    }
    if !well {
        say::note("./justw up starts what is missing; ./justw logs NAME tells why something is not ready");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn absent(name: &str) -> bool {
    say::step(name, "does not run");
    false
}
