//! Everything that was measured, as it is kept.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::load::{Freshness, Report};

use super::{Audit, CpuUse, Figure, Hardware, PgbenchRun, UmaDbRun};

/// The command path alone: no relay, no projector, no query server.
pub const WRITE_PATH: &str = "write path";
/// Every process running, and the views level at the end.
pub const PIPELINE: &str = "pipeline";

/// One load.
#[derive(Clone, Debug, Serialize)]
pub struct LoadRun {
    /// `WRITE_PATH` or `PIPELINE`.
    pub bank: &'static str,
    /// How many command servers, and how transfers were dealt out to them.
    pub servers: String,
    /// How many connections.
    pub connections: usize,
    /// Who paid whom.
    pub workload: String,
    /// What came of it.
    pub report: Report,
    /// Where the processor time went, warm-up included.
    pub cpu: CpuUse,
    /// How long after the last answer every view was level with the head of the log.
    pub level_after: Option<Duration>,
}

/// The most memory one process has held.
#[derive(Clone, Debug, Serialize)]
pub struct Memory {
    /// In which bank.
    pub bank: &'static str,
    /// Which process.
    pub process: String,
    /// How much.
    pub peak_bytes: u64,
    /// How many events its log held by then.
    pub after_events: i64,
}

/// Commit to visible, under load.
#[derive(Clone, Debug, Serialize)]
pub struct FreshnessRun {
    /// The rate of the load beside it, transfers a second.
    pub rate: f64,
    /// That load, sent whether or not it was answered in time.
    pub load: Report,
    /// What was found.
    pub freshness: Freshness,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
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
    /// pgbench's runs.
    pub pgbench: Vec<PgbenchRun>,
    /// Jangbu's.
    pub loads: Vec<LoadRun>,
    /// What one transfer adds to the tables of the log, indexes included.
    pub log_bytes_per_transfer: Option<f64>,
    /// Commit to visible.
    pub freshness: Option<FreshnessRun>,
    /// UmaDB, where it was built.
    pub umadb: Option<UmaDbRun>,
    /// Memory.
    pub memory: Vec<Memory>,
    /// What was checked afterwards, by bank.
    pub audits: Vec<(&'static str, Audit)>,
    /// What `jangbu log verify` said, by bank.
    pub verified: Vec<(&'static str, String)>,
    /// The figures with their targets.
    pub figures: Vec<Figure>,
}

impl Results {
    /// Nothing measured yet.
    pub fn new(taken_at: DateTime<Utc>, revision: String, quick: bool, hardware: Hardware, postgres: String) -> Self {
        Self {
            taken_at,
            revision,
            quick,
            hardware,
            postgres,
            pgbench: Vec::new(),
            loads: Vec::new(),
            log_bytes_per_transfer: None,
            freshness: None,
            umadb: None,
            memory: Vec::new(),
            audits: Vec::new(),
            verified: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// The best of pgbench's runs with more than one client.
    pub fn best_pgbench(&self) -> Option<&PgbenchRun> {
        self.pgbench.iter().filter(|run| run.clients > 1).max_by(|a, b| a.tps.total_cmp(&b.tps))
    }

    /// The fastest of pgbench's runs with one client.
    pub fn single_pgbench(&self) -> Option<&PgbenchRun> {
        self.pgbench.iter().filter(|run| run.clients == 1).min_by(|a, b| a.average_ms.total_cmp(&b.average_ms))
    }

    /// The fastest load of that kind with one command server: the best of each side is compared.
    pub fn load(&self, bank: &str, connections: usize, workload: &str) -> Option<&LoadRun> {
        let fits = |run: &&LoadRun| run.bank == bank && run.connections == connections && run.workload == workload;
        let fitting = self.loads.iter().filter(fits).filter(|run| run.servers == "1");
        fitting.max_by(|a, b| a.report.per_second.total_cmp(&b.report.per_second))
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let name = self.taken_at.format(if self.quick { "%Y-%m-%dT%H%M-quick.json" } else { "%Y-%m-%dT%H%M.json" });
        keep(self, folder, &name.to_string())
    }
}

/// Writes results as JSON into a folder; the file.
pub(super) fn keep(results: &impl Serialize, folder: &Path, name: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join(name);
    let text = serde_json::to_string_pretty(results).context("results that cannot be written")?;
    std::fs::write(&file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
