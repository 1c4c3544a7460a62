//! `bench traces`: what it costs transfers that requests are traced.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use testkit::chaos::{Bank, BankPlan, Part};

use super::{
    Hardware,
    environment::{BenchEnvironment, revision},
    metrics::{metric, scrape},
    progress::say,
    results::keep,
};
use crate::load::{Fleet, FleetPlan, Load, Pace, Routing, Sink, Workload};

const CONNECTIONS: usize = 128;
/// Whatever records something of a transfer.
const PARTS: [Part; 3] = [Part::Command(0), Part::Relay, Part::Projector];

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct TracesPlan {
    /// How often each is measured, one right after the other.
    pub rounds: usize,
    /// Sent, but not measured, before each.
    pub warm_up: Duration,
    /// How long each is measured.
    pub measure: Duration,
}

impl TracesPlan {
    /// About six minutes, or one.
    pub fn new(quick: bool) -> Self {
        let (rounds, seconds) = if quick { (3, 3) } else { (12, 5) };
        Self { rounds, warm_up: Duration::from_secs(2), measure: Duration::from_secs(seconds) }
    }
}

/// How much is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Traced {
    /// Nothing: no collector is set.
    Off,
    /// One request in a hundred.
    OnePercent,
    /// Every request.
    All,
}

const ALL: [Traced; 3] = [Traced::Off, Traced::OnePercent, Traced::All];

impl Traced {
    fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::OnePercent => "1 % of requests",
            Self::All => "all requests",
        }
    }

    /// The share that is set; none if nothing is traced.
    fn share(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::OnePercent => Some("0.01"),
            Self::All => Some("1"),
        }
    }
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct TracesRun {
    /// How much was traced.
    pub traced: Traced,
    /// Plain transfers a second of a closed loop.
    pub per_second: f64,
    /// Spans that the collector took, of all processes.
    pub spans: f64,
    /// Spans for which there was no room.
    pub dropped: f64,
    /// Bytes that the collector was sent.
    pub bytes: u64,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct TracesResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Each round: every situation once.
    pub rounds: Vec<Vec<TracesRun>>,
}

/// Measures on a Postgres and a NATS server of its own: command server, relay and projector, which are started anew for each run.
pub async fn traces(plan: &TracesPlan) -> Result<TracesResults> {
    let environment = BenchEnvironment::open("bench-traces").await?;
    let bank = environment.new_bank("traces").await?;
    let mut bank = Bank::new(BankPlan { settings: vec![("JANGBU_LOG".into(), "error".into())], ..bank })?;
    bank.start(&PARTS).await.context("starting the bank")?;
    let command = bank.address(Part::Command(0))?;
    let keys = environment.keys.clone();
    let token = move |actor| keys.token(actor, 24);
    say("traces: opening accounts");
    let fleet = Fleet::set_up(&FleetPlan::default(), command, &token, 1).await?;
    let collector = Sink::open().await?;
    let hardware = environment.hardware()?;
    let (mut rounds, mut order, mut number) = (Vec::new(), ALL, 0);
    for _ in 0..plan.rounds {
        let mut runs = Vec::new();
        for traced in order {
            begin(&mut bank, traced, &collector).await?;
            number += 1;
            let load = Load {
                servers: vec![command],
                routing: Routing::Any,
                connections: CONNECTIONS,
                pace: Pace::Closed,
                workload: Workload::Uniform,
                warm_up: plan.warm_up,
                measure: plan.measure,
                run: number,
            };
            let bytes = collector.bytes();
            let report = load.run(fleet.clone()).await?;
            bank.check()?;
            ensure!(report.is_clean(), "transfers were not all posted: {:?}", report.unexpected);
            let (spans, dropped) = spans(&mut bank).await?;
            let (per_second, bytes) = (report.per_second, collector.bytes() - bytes);
            let run = TracesRun { traced, per_second, spans, dropped, bytes };
            say(&format!("traces: {}", run.line()));
            runs.push(run);
        }
        rounds.push(runs);
        // Each is first in its turn: what was before it may go on for a while.
        order.rotate_left(1);
    }
    bank.end_all().await?;
    environment.close()?;
    Ok(TracesResults { taken_at: SystemClock.now(), revision: revision(), hardware, rounds })
}

/// Starts every part anew, set so.
async fn begin(bank: &mut Bank, traced: Traced, collector: &Sink) -> Result<()> {
    bank.end_all().await?;
    // An empty address is none.
    let url = traced.share().map(|_| collector.url()).unwrap_or_default();
    for part in PARTS {
        bank.set(part, "JANGBU_OTLP_URL", url.as_str());
        bank.set(part, "JANGBU_TRACE_SAMPLE", traced.share().unwrap_or("0"));
    }
    bank.start(&PARTS).await.context("starting the bank")
}

/// How many spans were taken by the collector, and how many were dropped, since the parts were started.
async fn spans(bank: &mut Bank) -> Result<(f64, f64)> {
    let (mut taken, mut dropped) = (0.0, 0.0);
    for part in PARTS {
        let text = scrape(bank.address(part)?).await?;
        taken += metric(&text, "trace_spans_total");
        dropped += metric(&text, "trace_spans_dropped_total");
    }
    Ok((taken, dropped))
}

impl TracesRun {
    fn line(&self) -> String {
        let Self { traced, per_second, spans, dropped, bytes } = self;
        let name = traced.name();
        format!("{per_second:.0}/s, traced: {name}; {spans:.0} spans taken, {dropped:.0} dropped, {bytes} bytes")
    }
}

impl TracesResults {
    /// What tracing so much takes of the rate: the median over the rounds, each beside its own run without.
    fn takes(&self, traced: Traced) -> f64 {
        let of = |round: &[TracesRun], traced| round.iter().find(|run| run.traced == traced).map(|run| run.per_second);
        let ratios = self.rounds.iter().filter_map(|round| Some(of(round, traced)? / of(round, Traced::Off)?));
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_unstable_by(f64::total_cmp);
        1.0 - ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Whether spans arrived where they should and nowhere else: else what was measured is no cost of tracing.
    pub fn met(&self) -> bool {
        let mut runs = self.rounds.iter().flatten();
        !self.rounds.is_empty() && runs.all(|run| (run.traced == Traced::Off) == (run.spans < 1.0 && run.bytes == 0))
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(
            out,
            "traces, command server, relay and projector, {CONNECTIONS} connections, {} rounds, {}",
            self.rounds.len(),
            self.revision
        )?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB; the collector is in the process of the generator")?;
        for run in self.rounds.iter().flatten() {
            writeln!(out, "  {}", run.line())?;
        }
        for traced in [Traced::OnePercent, Traced::All] {
            let taken = 100.0 * self.takes(traced);
            writeln!(out, "  {} takes {taken:.1} % of plain transfers", traced.name())?;
        }
        let said =
            if self.met() { "spans arrived where they should" } else { "spans did NOT arrive where they should" };
        writeln!(out, "  {said}")
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-traces.json").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(traced: Traced, per_second: f64, spans: f64) -> TracesRun {
        TracesRun { traced, per_second, spans, dropped: 0.0, bytes: u64::from(spans > 0.0) }
    }

    #[test]
    fn each_round_is_compared_with_its_own_run_without() {
        let round = |off: f64, few: f64, all: f64| {
            vec![run(Traced::All, all, 9.0), run(Traced::Off, off, 0.0), run(Traced::OnePercent, few, 1.0)]
        };
        let rounds = vec![round(100.0, 99.0, 90.0), round(10.0, 9.9, 9.0), round(100.0, 10.0, 1.0)];
        let (taken_at, revision, hardware) = (DateTime::UNIX_EPOCH, String::new(), Hardware::default());
        let mut found = TracesResults { taken_at, revision, hardware, rounds };
        assert!((found.takes(Traced::OnePercent) - 0.01).abs() < 1e-9, "{}", found.takes(Traced::OnePercent));
        assert!((found.takes(Traced::All) - 0.1).abs() < 1e-9, "{}", found.takes(Traced::All));
        assert!(found.met());
        found.rounds[0][2].spans = 0.0;
        found.rounds[0][2].bytes = 0;
        assert!(!found.met(), "nothing arrived although something was traced");
        found.rounds[0] = round(100.0, 99.0, 90.0);
        found.rounds[1][1].bytes = 7;
        assert!(!found.met(), "something arrived although nothing was traced");
    }
}
