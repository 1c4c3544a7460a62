//! `bench payouts`: how fast a payout run pays, and what it does to transfers at half of the highest rate.

use std::{
    fmt::Write as _,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use kernel::{Clock, Ids, RandomIds, SystemClock};
use serde::Serialize;
use serde_json::json;
use testkit::chaos::{Bank, BankPlan, Part};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Hardware,
    caller::Caller,
    environment::{BenchEnvironment, revision},
    progress::say,
    results::keep,
};
use crate::load::{Credentials, Fleet, FleetPlan, Load, Pace, Report, Routing, Workload};

/// What a transfer may take beside a run, as a multiple of what it takes without.
const TARGET: f64 = 2.0;
const CONNECTIONS: usize = 64;
const PARTS: [Part; 4] = [Part::Command(0), Part::Relay, Part::Projector, Part::Query];
/// Rows of one request: about 3.5 MiB, and 4 are allowed.
const ROWS_AT_ONCE: usize = 70_000;
/// How long a run may take at most.
const PATIENCE: Duration = Duration::from_secs(1200);

/// What is measured, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct PayoutsPlan {
    /// Rows of the run that is timed alone.
    pub rows: usize,
    /// How often transfers are measured without and beside a run; the medians are reported.
    pub rounds: u32,
    /// How long each is measured.
    pub measure: Duration,
}

impl PayoutsPlan {
    /// Five minutes with 200,000 rows, or one with 20,000.
    pub fn new(quick: bool, rows: Option<usize>) -> Self {
        let (usual, rounds, seconds) = if quick { (20_000, 1, 6) } else { (200_000, 9, 10) };
        Self { rows: rows.unwrap_or(usual), rounds, measure: Duration::from_secs(seconds) }
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct PayoutsResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Plain transfers a second of a closed loop, of the whole pipeline.
    pub transfers_per_second: f64,
    /// Rows of the run that was timed alone.
    pub rows: usize,
    /// Seconds to add them.
    pub adding_seconds: f64,
    /// Seconds from its start until every row is shown as paid.
    pub paying_seconds: f64,
    /// Transfers at half of that rate: without a run beside them, and with one, in turn.
    pub transfers: Vec<(bool, Report)>,
    /// Rows a second of the runs beside them.
    pub rows_beside: Vec<f64>,
}

impl Caller {
    /// A run from the first account to all others in turn, a minor unit each; its path.
    pub(super) async fn fill(&self, fleet: &Fleet, rows: usize) -> Result<String> {
        let body = json!({"source": fleet.accounts[0].id, "name": "bench", "reference": RandomIds.fresh()});
        let run = self.post("/v1/payout-runs", &body).await?;
        let path = format!("/v1/payout-runs/{}", run["run_id"].as_str().context("no run_id")?);
        let numbers: Vec<usize> = (1..=rows).collect();
        for chunk in numbers.chunks(ROWS_AT_ONCE) {
            let mut csv = "row,destination,amount,memo\n".to_owned();
            for row in chunk {
                let to = &fleet.accounts[1 + row % (fleet.accounts.len() - 1)];
                writeln!(csv, "{row},{},1,", to.id)?;
            }
            let added = self.ask("POST", &format!("{path}/rows"), (&csv, "text/csv")).await?;
            ensure!(added["errors"].as_array().is_some_and(Vec::is_empty), "rows were refused: {added}");
        }
        Ok(path)
    }

    /// Starts a run with its control totals.
    pub(super) async fn start(&self, path: &str, rows: usize) -> Result<()> {
        let totals = json!({"expected_rows": rows, "expected_total": rows.to_string()});
        self.post(&format!("{path}/start"), &totals).await.map(drop)
    }

    /// Waits until the run is shown as finished, and every row as posted.
    pub(super) async fn finished(&self, path: &str, rows: usize) -> Result<()> {
        let wait = async {
            loop {
                let run = self.find(path).await?;
                if let Some(run) = run.filter(|run| run["status"] == "finished") {
                    ensure!(run["posted"] == rows, "not every row was posted: {run}");
                    return Ok(());
                }
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(PATIENCE, wait).await.context("the run did not end")?
    }
}

/// Measures on a Postgres and a NATS server of its own, with the whole pipeline.
pub async fn payouts(plan: &PayoutsPlan) -> Result<PayoutsResults> {
    let environment = BenchEnvironment::open("bench-payouts").await?;
    let bank = environment.new_bank("payouts").await?;
    let mut bank = Bank::new(BankPlan { settings: vec![("JANGBU_LOG".into(), "error".into())], ..bank })?;
    bank.start(&PARTS).await.context("starting the bank")?;
    let (command, query) = (bank.address(Part::Command(0))?, bank.address(Part::Query)?);
    let keys = environment.keys.clone();
    let token = move |actor| keys.token(actor, 24);
    say("payouts: opening accounts");
    let fleet = Fleet::set_up(&FleetPlan::default(), command, &token, 1).await?;
    let operator = Caller { command, query, token: Credentials::operator(&token) };
    let load = |pace, measure, run| Load {
        servers: vec![command],
        routing: Routing::Any,
        connections: CONNECTIONS,
        pace,
        workload: Workload::Uniform,
        warm_up: Duration::from_secs(2),
        measure,
        run,
    };
    let closed = load(Pace::Closed, plan.measure, 0).run(fleet.clone()).await?.per_second;
    say(&format!("payouts: {closed:.0} plain transfers/s"));
    let (adding_seconds, paying_seconds) = alone(&operator, &fleet, plan.rows).await?;
    let hardware = environment.hardware()?;
    let (mut transfers, mut rows_beside, mut number) = (Vec::new(), Vec::new(), 0);
    for _ in 0..plan.rounds {
        for beside in [false, true] {
            number += 1;
            // Enough rows that the run outlasts the transfers.
            let rows = (closed * (plan.measure.as_secs_f64() + 10.0)) as usize;
            let run = if beside { Some(operator.fill(&fleet, rows).await?) } else { None };
            if let Some(path) = &run {
                operator.start(path, rows).await?;
            }
            let began = Instant::now();
            let report = load(Pace::Open(closed / 2.0), plan.measure, number).run(fleet.clone()).await?;
            if let Some(path) = &run {
                let after = operator.ask("GET", path, ("", "")).await?;
                ensure!(after["status"] == "running", "the run ended before the transfers: {after}");
                let posted = after["posted"].as_f64().context("no number of posted rows")?;
                rows_beside.push(posted / began.elapsed().as_secs_f64());
                operator.post(&format!("{path}/cancel"), &json!({})).await?;
            }
            bank.check()?;
            ensure!(report.is_clean(), "transfers were not all posted: {:?}", report.unexpected);
            say(&format!("payouts: {}", line(beside, &report)));
            transfers.push((beside, report));
        }
    }
    bank.end_all().await?;
    environment.close()?;
    Ok(PayoutsResults {
        taken_at: SystemClock.now(),
        revision: revision(),
        hardware,
        transfers_per_second: closed,
        rows: plan.rows,
        adding_seconds,
        paying_seconds,
        transfers,
        rows_beside,
    })
}

/// One run with nothing beside it: seconds to add its rows, and to pay them.
async fn alone(operator: &Caller, fleet: &Arc<Fleet>, rows: usize) -> Result<(f64, f64)> {
    let began = Instant::now();
    let path = operator.fill(fleet, rows).await?;
    let adding = began.elapsed().as_secs_f64();
    let began = Instant::now();
    operator.start(&path, rows).await?;
    operator.finished(&path, rows).await?;
    let paying = began.elapsed().as_secs_f64();
    say(&format!("payouts: {rows} rows in {paying:.1} s"));
    Ok((adding, paying))
}

fn median(mut found: Vec<f64>) -> f64 {
    found.sort_unstable_by(f64::total_cmp);
    found.get(found.len() / 2).copied().unwrap_or(f64::NAN)
}

fn line(beside: bool, report: &Report) -> String {
    let latency = &report.latency;
    let beside = if beside { "a run" } else { "nothing" };
    format!("p50 {:.2} p99 {:.2} ms beside {beside}", latency.p50_ms, latency.p99_ms)
}

impl PayoutsResults {
    /// The median of the transfers' p99 without a run or beside one, in milliseconds.
    fn p99(&self, beside: bool) -> f64 {
        let reports = self.transfers.iter().filter(|(has_run, _)| *has_run == beside);
        median(reports.map(|(_, report)| report.latency.p99_ms).collect())
    }

    /// Whether transfers beside a run stay within the target.
    pub fn met(&self) -> bool {
        self.p99(true) <= TARGET * self.p99(false)
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "payout runs, whole pipeline, {}", self.revision)?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB")?;
        let rate = self.rows as f64 / self.paying_seconds;
        writeln!(
            out,
            "  {} rows added in {:.1} s and paid in {:.1} s: {rate:.0}/s, {:.2} of {:.0} plain transfers/s",
            self.rows,
            self.adding_seconds,
            self.paying_seconds,
            rate / self.transfers_per_second,
            self.transfers_per_second
        )?;
        for (beside, report) in &self.transfers {
            writeln!(out, "  {}", line(*beside, report))?;
        }
        writeln!(out, "  {:.0} rows/s beside transfers", median(self.rows_beside.clone()))?;
        let (without, with) = (self.p99(false), self.p99(true));
        let verdict = if self.met() { "met" } else { "MISSED" };
        writeln!(
            out,
            "  p99 {with:.2} ms beside a run, {without:.2} ms without: {:.2} x, at most {TARGET} x: {verdict}",
            with / without
        )
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-payouts.json").to_string())
    }
}
