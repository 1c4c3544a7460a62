//! `dev status`.

use std::process::ExitCode;

use anyhow::Result;
use testkit::kit::Place;

use crate::{
    doctor::DOCTOR,
    environment::Environment,
    processes::{MAIL, PROCESSES, Ready, readiness},
    record::Record,
    say,
    servers::{address_of, running_postgres},
};

/// Shows what runs.
pub async fn status() -> Result<ExitCode> {
    let place = Place::open()?;
    let environment = Environment::read(&place);
    let (mut well, mut wholly) = (true, true);
    well &= postgres(&place, &environment)?;
    well &= nats(&place, &environment);
    let client = reqwest::Client::new();
    for process in &PROCESSES {
        let Some(record) = Record::running(&place, process.name) else {
            if process.name == MAIL
                && environment.get("JANGBU_SMTP_URL").is_some_and(|_| !environment.owns("JANGBU_SMTP_URL"))
            {
                say::step(MAIL, "yours, from JANGBU_SMTP_URL");
                continue;
            }
            well &= absent(process.name);
            continue;
        };
        let state = match readiness(&client, record.address).await {
            Ok(ready) => {
                wholly &= ready == Ready::Wholly;
                ready.text()
            }
            Err(why) => {
                well = false;
                why
            }
        };
        say::step(process.name, &format!("http://{}, pid {}, {state}", record.address, record.identity.pid));
    }
    match Record::running(&place, DOCTOR) {
        Some(record) => say::step(DOCTOR, &format!("writes its report, pid {}", record.identity.pid)),
        None => well &= absent(DOCTOR),
    }
    if !well {
        say::note(
            "`./justw up --no-demo` starts what is missing; `./justw logs NAME` shows why something is not ready",
        );
    }
    if !wholly {
        say::note("`target/release/jangbu doctor` says what a degraded server does without, and what to do about it");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn postgres(place: &Place, environment: &Environment) -> Result<bool> {
    let Some(url) = environment.get("JANGBU_LOG_DATABASE_URL") else { return Ok(absent("postgres")) };
    let address = address_of(url)?;
    match running_postgres(place) {
        _ if !environment.owns("JANGBU_LOG_DATABASE_URL") => say::step("postgres", &format!("{address}, yours")),
        Some(identity) => say::step("postgres", &format!("{address}, pid {}", identity.pid)),
        None => return Ok(absent("postgres")),
    }
    Ok(true)
}

fn nats(place: &Place, environment: &Environment) -> bool {
    match (environment.get("JANGBU_NATS_URL"), Record::running(place, "nats")) {
        (Some(_), _) if !environment.owns("JANGBU_NATS_URL") => say::step("nats", "yours, from JANGBU_NATS_URL"),
        (Some(_), Some(record)) => say::step("nats", &format!("{}, pid {}", record.address, record.identity.pid)),
        _ => return absent("nats"),
    }
    true
}

fn absent(name: &str) -> bool {
    say::step(name, "does not run");
    false
}
