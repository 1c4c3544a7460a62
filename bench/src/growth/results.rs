//! What was measured, as it is kept.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    Hardware, PgbenchRun, RebuildRun,
    load::{Latencies, Report},
    results::keep,
};

/// What DESIGN 16 asks: the rate at the largest size, as a part of that at the smallest.
pub const AT_LEAST: f64 = 0.9;

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct GrowthResults {
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
    /// From the smallest log to the largest.
    pub sizes: Vec<SizeFound>,
}

/// What was found at one size. What was skipped, or is still to come, is not there.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SizeFound {
    /// Events in the log before the loads.
    pub events: i64,
    /// Accounts in it.
    pub accounts: i64,
    /// How long filling took, and vacuum afterwards.
    pub fill_seconds: f64,
    /// The tables of the log with their indexes, before the loads.
    pub log_bytes: i64,
    /// pgbench, before each load.
    pub pgbench: Vec<PgbenchRun>,
    /// Transfers among the first accounts of the log, the same at each size.
    pub loads: Vec<Report>,
    /// The share of the machine that strangers took during each of these loads.
    pub strangers: Vec<f64>,
    /// Transfers among all accounts.
    pub all_accounts: Option<Report>,
    /// Bytes of WAL for each transfer of a load that begins right after a checkpoint, among the first accounts.
    pub wal_after_checkpoint: Option<f64>,
    /// The same among all accounts.
    pub wal_all_accounts: Option<f64>,
    /// What each transfer of the loads added to the tables and indexes of the log.
    pub disk_per_transfer: Option<f64>,
    /// Transfers that need two accounts which are not in memory, and the same again.
    pub cold: Option<ColdLoads>,
    /// Commands from before the log was filled, repeated.
    pub replays: Option<Latencies>,
    /// `jangbu log verify`.
    pub verified: Option<Verified>,
    /// `jangbu views rebuild accounts transactions`, without the comparison.
    pub rebuild: Option<RebuildRun>,
    /// The database of the views with what was rebuilt.
    pub rebuilt_bytes: Option<i64>,
    /// What went wrong or took too long, and is not measured therefore.
    pub missing: Vec<String>,
}

/// What loading two accounts costs.
#[derive(Clone, Debug, Serialize)]
pub struct ColdLoads {
    /// Each account for the first time since the server started.
    pub cold: OneByOne,
    /// The same pairs of accounts once more.
    pub warm: OneByOne,
}

/// Transfers one after the other, over one connection.
#[derive(Clone, Debug, Serialize)]
pub struct OneByOne {
    /// From the request to the answer.
    pub latency: Latencies,
    /// Microseconds of processor time for each transfer, by process.
    pub cpu: BTreeMap<String, f64>,
}

/// A verification of the log.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Verified {
    /// How many events the log had.
    pub events: i64,
    /// How long it took, from the start of the program to its end.
    pub seconds: f64,
    /// Events a second.
    pub per_second: f64,
    /// The most memory that the program held.
    pub peak_bytes: u64,
}

impl ColdLoads {
    /// What loading one account adds, in microseconds: of time, and of all processes' processor time.
    pub fn each(&self) -> (f64, f64) {
        let cpu = |one: &OneByOne| one.cpu.values().sum::<f64>();
        let wall = (self.cold.latency.p50_ms - self.warm.latency.p50_ms) * 1000.0;
        (wall / 2.0, (cpu(&self.cold) - cpu(&self.warm)) / 2.0)
    }
}

impl SizeFound {
    /// The median rate.
    pub fn rate(&self) -> f64 {
        median(self.loads.iter().map(|load| load.per_second))
    }

    /// The median of pgbench.
    pub fn yardstick(&self) -> f64 {
        median(self.pgbench.iter().map(|run| run.tps))
    }

    /// The median of the loads' medians.
    pub fn p50_ms(&self) -> f64 {
        median(self.loads.iter().map(|load| load.latency.p50_ms))
    }

    /// The median of the loads' 99th percentiles.
    pub fn p99_ms(&self) -> f64 {
        median(self.loads.iter().map(|load| load.latency.p99_ms))
    }
}

impl GrowthResults {
    /// The rate at the largest size against that at the smallest; and the same of the rates as multiples of pgbench's.
    pub fn ratio(&self) -> Option<(f64, f64)> {
        let (first, last) = (self.sizes.first()?, self.sizes.last()?);
        let raw = last.rate() / first.rate();
        Some((raw, raw * first.yardstick() / last.yardstick()))
    }

    /// Whether the rate is kept, and everything that was to be measured is.
    pub fn met(&self) -> bool {
        self.ratio().is_some_and(|(raw, _)| raw >= AT_LEAST) && self.sizes.iter().all(|size| size.missing.is_empty())
    }

    /// The name of the file.
    fn file(&self) -> String {
        let kind = if self.quick { "growth-quick" } else { "growth" };
        format!("{}-{kind}.json", self.taken_at.format("%Y-%m-%dT%H%M"))
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.file())
    }
}

/// Results that are written as they come.
pub(super) struct Keeper<'a> {
    pub results: GrowthResults,
    folder: &'a Path,
}

impl<'a> Keeper<'a> {
    pub fn new(results: GrowthResults, folder: &'a Path) -> Self {
        Self { results, folder }
    }

    pub fn write(&self) -> Result<()> {
        self.results.write(self.folder).map(drop)
    }

    /// Changes what was found at the size that is measured now, and writes it.
    pub fn note(&mut self, change: impl FnOnce(&mut SizeFound)) -> Result<()> {
        change(self.results.sizes.last_mut().context("nothing is measured")?);
        self.write()
    }
}

/// The middle one; not a number if there is none.
fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.collect();
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(rates: &[f64], tps: f64) -> SizeFound {
        SizeFound {
            loads: rates.iter().map(|rate| Report { per_second: *rate, ..Report::default() }).collect(),
            pgbench: vec![PgbenchRun { when: "beside", clients: 8, tps, average_ms: 1.0 }],
            ..SizeFound::default()
        }
    }

    #[test]
    fn the_largest_size_is_held_against_the_smallest() {
        let mut results = GrowthResults {
            taken_at: DateTime::UNIX_EPOCH,
            revision: String::new(),
            quick: true,
            hardware: Hardware::default(),
            postgres: String::new(),
            sizes: vec![],
        };
        assert!(!results.met(), "nothing was measured");
        results.sizes = vec![size(&[90.0, 100.0, 200.0], 10.0), size(&[1.0], 10.0), size(&[91.0, 92.0, 10.0], 5.0)];
        let (raw, ratio) = results.ratio().expect("two sizes");
        assert!((raw - 0.91).abs() < 1e-9 && (ratio - 1.82).abs() < 1e-9, "{raw} {ratio}");
        assert!(results.met());
        results.sizes[1].missing.push("the rebuild failed".to_owned());
        assert!(!results.met());
        results.sizes[1].missing.clear();
        results.sizes.push(size(&[89.0], 10.0));
        assert!(!results.met());
    }
}
