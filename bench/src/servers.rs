//! `bench servers`: what a second command server costs or gives. One leads, and the other one forwards to it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use testkit::chaos::{Bank, BankPlan, Part};

use super::{
    Hardware, audit,
    connection::connect,
    environment::{BenchEnvironment, revision},
    progress::say,
    results::keep,
};
use crate::load::{Fleet, FleetPlan, Load, Pace, Report, Routing, Workload};

/// What two servers make at least, as a multiple of what one makes.
const TARGET: f64 = 1.0;
const CONNECTIONS: usize = 256;
const WORKLOADS: [Workload; 2] = [Workload::Uniform, Workload::OneHot];

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct ServersPlan {
    /// How often each is measured; the medians are compared.
    pub rounds: u32,
    /// How long each is measured.
    pub measure: Duration,
}

impl ServersPlan {
    /// About three minutes, or one.
    pub fn new(quick: bool) -> Self {
        let (rounds, seconds) = if quick { (3, 4) } else { (5, 8) };
        Self { rounds, measure: Duration::from_secs(seconds) }
    }
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct ServersRun {
    /// How many command servers.
    pub servers: usize,
    /// Who paid whom.
    pub workload: String,
    /// What came of it.
    pub report: Report,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct ServersResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Each run, in order.
    pub runs: Vec<ServersRun>,
}

/// Measures on a Postgres and a NATS server of its own: the write path alone, closed loop, connections dealt out to the servers.
pub async fn servers(plan: &ServersPlan) -> Result<ServersResults> {
    let environment = BenchEnvironment::open("bench-servers").await?;
    let bank =
        BankPlan { settings: vec![("JANGBU_LOG".into(), "error".into())], ..environment.new_bank("servers").await? };
    let mut log = connect(&bank.databases.log.superuser_url()).await?;
    let mut bank = Bank::new(bank)?;
    bank.start(&[Part::Command(0)]).await.context("starting the bank")?;
    let addresses = [bank.address(Part::Command(0))?, bank.address(Part::Command(1))?];
    let keys = environment.keys.clone();
    let token = move |actor| keys.token(actor, 24);
    say("servers: opening accounts");
    let fleet = Fleet::set_up(&FleetPlan::default(), addresses[0], &token, 1).await?;
    let hardware = environment.hardware()?;
    let (mut runs, mut moved, mut posted) = (Vec::new(), vec![0; fleet.accounts.len()], 0);
    let mut counts = [1, 2];
    for _ in 0..plan.rounds {
        for servers in counts {
            set_servers(&mut bank, servers).await?;
            for workload in WORKLOADS {
                let load = Load {
                    servers: addresses[..servers].to_vec(),
                    routing: Routing::Any,
                    connections: CONNECTIONS,
                    pace: Pace::Closed,
                    workload,
                    warm_up: Duration::from_secs(1),
                    measure: plan.measure,
                    run: u32::try_from(runs.len())?,
                };
                let report = load.run(Arc::clone(&fleet)).await?;
                bank.check()?;
                ensure!(report.unanswered == 0, "connections broke: {:?}", report.unexpected);
                posted += report.posted();
                moved.iter_mut().zip(&report.moved).for_each(|(all, moved)| *all += moved);
                let run = ServersRun { servers, workload: workload.name(), report };
                say(&format!("servers: {}", run.line()));
                runs.push(run);
            }
        }
        // Each is first in its turn: what was before it may go on for a while.
        counts.rotate_left(1);
    }
    bank.end_all().await?;
    audit(&mut log, &fleet, &moved, posted).await.context("the audit failed")?;
    environment.close()?;
    Ok(ServersResults { taken_at: SystemClock.now(), revision: revision(), hardware, runs })
}

/// The first server leads all the time.
async fn set_servers(bank: &mut Bank, count: usize) -> Result<()> {
    let runs = bank.running()?.iter().any(|(part, _)| *part == Part::Command(1));
    match (runs, count) {
        (false, 2) => bank.start(&[Part::Command(1)]).await.context("starting the second server"),
        (true, 1) => {
            ensure!(bank.end(Part::Command(1), Duration::from_secs(30)).await?, "the second server does not end");
            Ok(())
        }
        _ => Ok(()),
    }
}

impl ServersRun {
    fn line(&self) -> String {
        let (report, latency) = (&self.report, &self.report.latency);
        format!(
            "{} server(s), {}: {:.0}/s, p50 {:.2} p99 {:.2} ms, {} contended",
            self.servers,
            self.workload,
            report.per_second,
            latency.p50_ms,
            latency.p99_ms,
            report.contended()
        )
    }
}

impl ServersResults {
    /// The median rate of that kind.
    fn rate(&self, servers: usize, workload: Workload) -> f64 {
        let runs = self.runs.iter().filter(|run| run.servers == servers && run.workload == workload.name());
        let mut found: Vec<f64> = runs.map(|run| run.report.per_second).collect();
        found.sort_unstable_by(f64::total_cmp);
        found.get(found.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn ratio(&self, workload: Workload) -> f64 {
        self.rate(2, workload) / self.rate(1, workload)
    }

    fn contended(&self) -> u64 {
        self.runs.iter().map(|run| run.report.contended()).sum()
    }

    /// Whether a second server costs nothing, and makes nobody wait for somebody else's accounts.
    pub fn met(&self) -> bool {
        WORKLOADS.into_iter().all(|workload| self.ratio(workload) >= TARGET) && self.contended() == 0
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "two command servers against one, write path, {CONNECTIONS} connections, {}", self.revision)?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB")?;
        for workload in WORKLOADS {
            let (one, two, ratio) = (self.rate(1, workload), self.rate(2, workload), self.ratio(workload));
            let verdict = if ratio >= TARGET { "met" } else { "MISSED" };
            let name = workload.name();
            writeln!(out, "  {name:<8} {two:.0}/s and {one:.0}/s: {ratio:.2} x, at least {TARGET} x: {verdict}")?;
        }
        writeln!(out, "  {} answers `contended`", self.contended())
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-servers.json").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(rates: &[(usize, Workload, f64)]) -> ServersResults {
        let run = |(servers, workload, per_second): &(usize, Workload, f64)| ServersRun {
            servers: *servers,
            workload: workload.name(),
            report: Report { per_second: *per_second, ..Report::default() },
        };
        ServersResults {
            taken_at: DateTime::UNIX_EPOCH,
            revision: String::new(),
            hardware: Hardware::default(),
            runs: rates.iter().map(run).collect(),
        }
    }

    #[test]
    fn medians_are_compared_and_contended_answers_count() {
        let [uniform, hot] = WORKLOADS;
        let rates = [(1, uniform, 10.0), (1, uniform, 12.0), (1, uniform, 90.0), (2, uniform, 12.0), (1, hot, 8.0)];
        let mut found = results(&[&rates[..], &[(2, hot, 8.0)]].concat());
        assert!(found.met(), "{} and {}", found.ratio(uniform), found.ratio(hot));
        found.runs[0].report.problems.insert("contended".to_owned(), 1);
        assert!(!found.met());
        assert!(!results(&[&rates[..], &[(2, hot, 7.0)]].concat()).met());
    }
}
