//! `bench fairness`: what one member with thousands of requests in flight does to the transfers of the others.

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
    Hardware,
    environment::{BenchEnvironment, revision},
    progress::say,
    results::keep,
};
use crate::load::{Fleet, FleetPlan, Load, Pace, Report, Routing, Workload};

/// What the others may take beside the busy member, as a multiple of what they take without.
const TARGET: f64 = 2.0;
/// Connections of the others: one for each member.
const OTHERS: usize = 64;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct FairnessPlan {
    /// Transfers a second of the others together.
    pub rate: f64,
    /// Requests that the busy member has in flight.
    pub in_flight: usize,
    /// How often each situation is measured; the medians are reported.
    pub rounds: u32,
    /// How long each is measured.
    pub measure: Duration,
}

impl FairnessPlan {
    /// About three minutes, or one.
    pub fn new(quick: bool, rate: f64, in_flight: usize) -> Self {
        let (rounds, seconds) = if quick { (3, 6) } else { (5, 12) };
        Self { rate, in_flight, rounds, measure: Duration::from_secs(seconds) }
    }
}

/// What keeps the server busy beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Company {
    /// Nothing.
    Nobody,
    /// One member with as many requests in flight as planned.
    OneMember,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct FairnessRun {
    /// What was beside the others.
    pub company: Company,
    /// The transfers of the others.
    pub others: Report,
    /// Those of the busy member.
    pub busy: Option<Report>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct FairnessResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Transfers a second of the others.
    pub rate: f64,
    /// Requests that the busy member had in flight.
    pub in_flight: usize,
    /// Each run, in order.
    pub runs: Vec<FairnessRun>,
}

/// Measures on a Postgres and a NATS server of its own.
pub async fn fairness(plan: &FairnessPlan) -> Result<FairnessResults> {
    let environment = BenchEnvironment::open("bench-fairness").await?;
    let bank =
        BankPlan { settings: vec![("JANGBU_LOG".into(), "error".into())], ..environment.new_bank("fairness").await? };
    let mut bank = Bank::new(bank)?;
    bank.start(&[Part::Command(0)]).await.context("starting the bank")?;
    let address = bank.address(Part::Command(0))?;
    let keys = environment.keys.clone();
    let token = move |actor| keys.token(actor, 24);
    say("fairness: opening accounts");
    let others = FleetPlan { members: OTHERS, ..FleetPlan::default() };
    let others = Fleet::set_up(&others, address, &token, 1).await?;
    let busy = FleetPlan { members: 1, accounts_per_member: 100, ..FleetPlan::default() };
    let busy = Fleet::set_up(&busy, address, &token, 2).await?;
    let hardware = environment.hardware()?;
    let mut runs = Vec::new();
    let mut companies = [Company::Nobody, Company::OneMember];
    for _ in 0..plan.rounds {
        for company in companies {
            let number = u32::try_from(runs.len())?;
            let load = |pace, connections, run| Load {
                servers: vec![address],
                routing: Routing::Any,
                connections,
                pace,
                workload: Workload::Uniform,
                warm_up: Duration::from_secs(2),
                measure: plan.measure,
                run,
            };
            let others = load(Pace::Open(plan.rate), OTHERS, number).run(others.clone());
            let busy = busy_load(company, &busy, load(Pace::Closed, plan.in_flight, 1000 + number));
            let (others, busy) = tokio::join!(others, busy);
            let run = FairnessRun { company, others: others?, busy: busy? };
            bank.check()?;
            ensure!(run.others.is_clean(), "transfers of the others were not all posted: {:?}", run.others.unexpected);
            say(&format!("fairness: {}", run.line()));
            runs.push(run);
        }
        // Each is first in its turn: what was before it may go on for a while.
        companies.rotate_left(1);
    }
    bank.end_all().await?;
    environment.close()?;
    let (rate, in_flight) = (plan.rate, plan.in_flight);
    Ok(FairnessResults { taken_at: SystemClock.now(), revision: revision(), hardware, rate, in_flight, runs })
}

async fn busy_load(company: Company, fleet: &Arc<Fleet>, load: Load) -> Result<Option<Report>> {
    Ok(match company {
        Company::Nobody => None,
        Company::OneMember => Some(load.run(fleet.clone()).await?),
    })
}

impl FairnessRun {
    fn line(&self) -> String {
        let latency = &self.others.latency;
        let busy = self.busy.as_ref().map_or("nobody".to_owned(), |busy| {
            format!(
                "a member with {:.0} answers/s, p99 {:.0} ms, {:?}",
                busy.per_second, busy.latency.p99_ms, busy.statuses
            )
        });
        format!("p50 {:.2} p99 {:.2} ms beside {busy}", latency.p50_ms, latency.p99_ms)
    }
}

impl FairnessResults {
    /// The median over the runs of one kind of the others' p99, in milliseconds.
    fn p99(&self, company: Company) -> f64 {
        let runs = self.runs.iter().filter(|run| run.company == company);
        let mut found: Vec<f64> = runs.map(|run| run.others.latency.p99_ms).collect();
        found.sort_unstable_by(f64::total_cmp);
        found.get(found.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Whether the others stay within the target.
    pub fn met(&self) -> bool {
        self.p99(Company::OneMember) <= TARGET * self.p99(Company::Nobody)
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (alone, beside) = (self.p99(Company::Nobody), self.p99(Company::OneMember));
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "{OTHERS} members with {:.0} transfers/s together, {}", self.rate, self.revision)?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB")?;
        writeln!(out, "  p99 alone {alone:.2} ms")?;
        writeln!(out, "  p99 beside a member with {} requests in flight {beside:.2} ms", self.in_flight)?;
        let verdict = if self.met() { "met" } else { "MISSED" };
        writeln!(out, "  {:.2} x, at most {TARGET} x: {verdict}", beside / alone)
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-fairness.json").to_string())
    }
}
