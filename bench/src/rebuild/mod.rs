//! `bench rebuild`: how fast `accounts` and `transactions` are rebuilt, from the log and from the archive, beside two limits in
//! the same run: COPY of the log out of Postgres, and COPY of a finished table into it.

mod fill;
mod limits;
mod program;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Result;
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;

pub use self::program::RebuildRun;
pub(super) use self::program::{Jangbu, watched};
use self::{fill::fill, limits::limits};
use super::{
    Hardware,
    environment::{BenchEnvironment, revision},
    progress::say,
    results::keep,
};

/// What DESIGN 16 asks of both views together, in events a second.
const BAR: f64 = 150_000.0;
/// And of the memory.
const MEMORY: u64 = 512 << 20;
const VIEWS: [&str; 2] = ["accounts", "transactions"];

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Rebuilds {
    /// When it began.
    pub taken_at: DateTime<Utc>,
    /// The commit that was built, and whether the tree was changed since.
    pub revision: String,
    /// Whether it was the short run.
    pub quick: bool,
    /// On what.
    pub hardware: Hardware,
    /// The version of Postgres.
    pub postgres: String,
    /// The events of the log.
    pub events: i64,
    /// Events a second that COPY brings out of the log, with their commits, over two connections.
    pub copied_out: f64,
    /// Rows a second of `entries` that COPY brings into a table without indexes, over two connections.
    pub copied_in: f64,
    /// Each view by itself, then both in one pass, from the log and from the archive.
    pub runs: Vec<RebuildRun>,
}

/// Fills a log with about so many events and rebuilds views from it, on a Postgres of its own.
pub async fn rebuild(events: i64, quick: bool) -> Result<Rebuilds> {
    let environment = BenchEnvironment::open("bench-rebuild").await?;
    let (program, archive) = (environment.binaries.join("jangbu"), environment.folder.join("archive"));
    let pair = environment.databases.fresh_pair().await?;
    say(&format!("rebuild: filling a log with {events} events"));
    let mut results = Rebuilds {
        taken_at: SystemClock.now(),
        revision: revision(),
        quick,
        hardware: environment.hardware()?,
        postgres: environment.postgres_version().await?,
        events: fill(&pair, events).await?,
        copied_out: 0.0,
        copied_in: 0.0,
        runs: Vec::new(),
    };
    let jangbu = Jangbu { program, pair: &pair, archive, events: results.events };
    say("rebuild: archiving it, and making the generations to compare with");
    jangbu.archive().await?;
    // The live generations are empty; the first ones to be compared with are made without comparison.
    jangbu.rebuild(&VIEWS, "log", &["--abandon-live"]).await?;
    (results.copied_out, results.copied_in) = limits(&pair, results.events).await?;
    for (views, from) in [(&VIEWS[..1], "log"), (&VIEWS[1..], "log"), (&VIEWS[..], "log"), (&VIEWS[..], "archive")] {
        let run = jangbu.rebuild(views, from, &[]).await?;
        say(&format!("rebuild: {} from the {from}: {:.0} events/s", run.what, run.per_second));
        results.runs.push(run);
    }
    environment.close()?;
    Ok(results)
}

impl Rebuilds {
    /// Whether both views together are as fast, and each run as small, as DESIGN 16 asks.
    pub fn met(&self) -> bool {
        let together = |run: &&RebuildRun| run.what.contains(" and ");
        self.runs.iter().filter(together).all(|run| run.per_second >= BAR)
            && self.runs.iter().all(|run| run.peak_bytes < MEMORY)
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let kind = if self.quick { "rebuild-quick" } else { "rebuild" };
        keep(self, folder, &format!("{}-{kind}.json", self.taken_at.format("%Y-%m-%dT%H%M")))
    }
}

/// Prints what was measured.
pub fn print_rebuilds(results: &Rebuilds, out: &mut dyn Write) -> std::io::Result<()> {
    let machine = &results.hardware;
    writeln!(
        out,
        "Jangbu {} on {}, {} cores, {} MiB, {:.0} fdatasync/s; {}",
        results.revision, machine.cpu, machine.cores, machine.memory_mib, machine.syncs_per_second, results.postgres
    )?;
    writeln!(out, "Rebuild of {} events: load, merge, indexes, tail, comparison and promotion", results.events)?;
    writeln!(out, "  {:<44} {:>9.0} events/s", "limit: COPY of the log out", results.copied_out)?;
    writeln!(out, "  {:<44} {:>9.0} rows/s", "limit: COPY of entries in, no index", results.copied_in)?;
    for run in &results.runs {
        let (what, ratio) = (format!("{}, from the {}", run.what, run.from), run.per_second / BAR);
        let (seconds, memory) = (run.took.as_secs_f64(), run.peak_bytes >> 20);
        let rate = run.per_second;
        writeln!(out, "  {what:<44} {rate:>9.0} events/s {seconds:>6.1} s {memory:>5} MiB {ratio:>6.2} of 150 k/s")?;
    }
    let verdict = if results.met() { "reached" } else { "NOT reached" };
    writeln!(out, "  both views at 150,000 events/s, every run below 512 MiB: {verdict}")
}
