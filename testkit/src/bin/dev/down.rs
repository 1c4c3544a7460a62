//! `dev down`.

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use testkit::kit::{Place, Signal};

use crate::{doctor::DOCTOR, processes::PROCESSES, record::Record, say, servers::running_postgres};

/// Long enough for every accepted command to be answered, and for Postgres's last checkpoint.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Stops what `up` started, the last started first.
pub async fn down() -> Result<ExitCode> {
    let place = Place::open()?;
    let _alone = place.lock()?;
    let mut stopped = 0;
    // Whoever looks at the servers goes before them.
    let servers = PROCESSES.iter().rev().map(|process| process.name);
    for name in std::iter::once(DOCTOR).chain(servers).chain(["nats"]) {
        if let Some(record) = Record::running(&place, name) {
            report(name, record.identity.stop(Signal::TERM, TIME_LIMIT).await?);
            stopped += 1;
        }
        Record::forget(&place, name);
    }
    if let Some(identity) = running_postgres(&place) {
        report("postgres", identity.stop(Signal::INT, TIME_LIMIT).await?);
        stopped += 1;
    }
    if stopped == 0 {
        say::note("nothing runs");
    }
    Ok(ExitCode::SUCCESS)
}

fn report(name: &str, by_itself: bool) {
    say::step(name, if by_itself { "stopped" } else { "did not stop in time and was killed" });
}
