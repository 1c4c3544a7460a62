//! The bank whose log grows, and what it is measured with.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use kernel::{Clock, SystemClock};
use sqlx::PgConnection;
use testkit::chaos::{Bank, Part};

use super::{
    plan::GrowthPlan,
    results::{GrowthResults, SizeFound},
};
use crate::{
    Pgbench,
    connection::connect,
    cpu::{CpuClock, CpuUse, Watched},
    environment::{BenchEnvironment, revision},
    fill::{self, FUNDS, Filler},
    load::{Connection, Fleet, Load, Pace, Report, Routing, Workload},
    progress::say,
};

/// Accounts that the main loads are among: the first of the log, so that they lie as close to each other at every size.
const ACTIVE: i64 = 10_000;
/// Accounts of the log before it is filled for the first time: the commands that are repeated later stand there.
const BEFORE: i64 = 1000;
pub(super) const CONNECTIONS: usize = 256;

/// A command that was carried out before the log was filled.
pub(super) struct OldCommand {
    pub request: Vec<u8>,
    pub answer: Vec<u8>,
}

pub(super) struct GrowthBench<'a> {
    pub plan: &'a GrowthPlan,
    pub environment: BenchEnvironment,
    pub bank: Bank,
    pub pgbench: Pgbench,
    pub log: PgConnection,
    pub old: Vec<OldCommand>,
    filler: Filler,
    /// Loads so far: the keys of each begin otherwise.
    runs: u32,
}

impl<'a> GrowthBench<'a> {
    pub async fn open(plan: &'a GrowthPlan) -> Result<Self> {
        let environment = BenchEnvironment::open("bench-growth").await?;
        say(&format!("growth: filling pgbench's tables (scale {})", plan.scale));
        let mut server = connect(&environment.servers.postgres.url("postgres")).await?;
        sqlx::query("create database pgbench").execute(&mut server).await.context("making pgbench's database")?;
        let pgbench = Pgbench::fill(environment.servers.postgres.url("pgbench"), plan.scale).await?;
        let bank = environment.new_bank("growth").await?;
        let log = connect(&bank.databases.log.superuser_url()).await?;
        let filler = Filler::open(&bank.databases.log).await?;
        let bank = Bank::new(bank)?;
        Ok(Self { plan, environment, bank, pgbench, log, old: Vec::new(), filler, runs: 0 })
    }

    pub async fn about(&self) -> Result<GrowthResults> {
        Ok(GrowthResults {
            taken_at: SystemClock.now(),
            revision: revision(),
            quick: self.plan.quick,
            hardware: self.environment.hardware()?,
            postgres: self.environment.postgres_version().await?,
            sizes: Vec::new(),
        })
    }

    /// Opens the first accounts, and carries out the commands that are repeated later.
    pub async fn begin(&mut self) -> Result<()> {
        self.filler.add(BEFORE, 0).await?;
        self.start().await?;
        let (fleet, run) = (self.first_accounts(), self.next_run());
        let mut connection = Connection::to(self.bank.address(Part::Command(0))?);
        for number in 0..self.plan.replays {
            let (payer, payee) = (number % fleet.accounts.len(), (number + 1) % fleet.accounts.len());
            let request = fleet.request((run, number as u64), payer, payee, 407);
            let reply = connection.exchange(|out| out.extend_from_slice(&request)).await.context("posting")?;
            ensure!(reply.status == 201, "a transfer was answered {}", reply.status);
            let answer = reply.body.to_vec();
            self.old.push(OldCommand { request, answer });
        }
        self.stop().await
    }

    /// Fills the log until it has so many events.
    pub async fn grow(&mut self, size: i64) -> Result<SizeFound> {
        let (began, head) = (Instant::now(), self.head().await?);
        let accounts = GrowthPlan::accounts(size) - self.filler.accounts;
        ensure!(accounts > 0, "a log of {size} events is too small, or too close to the size before it");
        // A round of transfers is three events for two accounts.
        let rounds = (size - head - 5 * accounts) * 2 / (3 * accounts);
        ensure!(rounds >= 0, "{size} events are too few for {accounts} more accounts after {head} events");
        self.filler.add(accounts, rounds).await?;
        self.filler.settle().await?;
        let (events, log_bytes) = (self.head().await?, self.log_bytes().await?);
        let fill_seconds = began.elapsed().as_secs_f64();
        say(&format!(
            "growth: {events} events, {} accounts, {:.1} GiB after {fill_seconds:.0} s",
            self.filler.accounts,
            log_bytes as f64 / f64::from(1 << 30)
        ));
        Ok(SizeFound { events, accounts: self.filler.accounts, fill_seconds, log_bytes, ..SizeFound::default() })
    }

    /// Starts a command server: nothing is in its memory.
    pub async fn start(&mut self) -> Result<()> {
        self.bank.start(&[Part::Command(0)]).await.context("starting the command server")
    }

    pub async fn stop(&mut self) -> Result<()> {
        self.bank.end_all().await
    }

    pub fn next_run(&mut self) -> u32 {
        self.runs += 1;
        self.runs
    }

    pub fn first_accounts(&self) -> Arc<Fleet> {
        self.fleet(ACTIVE)
    }

    /// So many of the first accounts, or all of them if there are fewer.
    pub fn fleet(&self, count: i64) -> Arc<Fleet> {
        let keys = self.environment.keys.clone();
        let sign = move |actor| keys.token(actor, 24);
        let accounts = (1..=count.min(self.filler.accounts)).map(fill::account).collect();
        Fleet::of(accounts, fill::members(), ("KRW", FUNDS), &sign)
    }

    pub fn accounts(&self) -> i64 {
        self.filler.accounts
    }

    /// A closed loop over all connections. The log must then hold as many transfers more as were answered with 201.
    pub async fn load(&mut self, fleet: &Arc<Fleet>, warm_up: bool) -> Result<(Report, CpuUse)> {
        let warm_up = if warm_up { self.plan.measure / 4 } else { std::time::Duration::ZERO };
        let load = Load {
            servers: vec![self.bank.address(Part::Command(0))?],
            routing: Routing::Any,
            connections: CONNECTIONS,
            pace: Pace::Closed,
            workload: Workload::Uniform,
            warm_up,
            measure: self.plan.measure,
            run: self.next_run(),
        };
        let (head, watched) = (self.head().await?, self.watched()?);
        let before = CpuClock::read(&watched);
        let report = load.run(fleet.clone()).await?;
        let cpu = before.until(&CpuClock::read(&watched));
        self.bank.check()?;
        ensure!(report.is_clean(), "not all were answered 201: {:?} {:?}", report.statuses, report.unexpected);
        let (posted, added) = (i64::try_from(report.posted())?, self.head().await? - head);
        ensure!(added == 3 * posted, "{posted} transfers were answered with 201, and the log has {added} events more");
        Ok((report, cpu))
    }

    /// Everything that works for a load; the generator is in this very process.
    pub fn watched(&self) -> Result<Watched> {
        let mut watched = self.environment.servers().1;
        for (part, identity) in self.bank.running()? {
            watched.0.push((part.binary().to_owned(), identity, false));
        }
        let own = testkit::kit::Identity::of(std::process::id()).context("this process cannot be identified")?;
        watched.0.push(("generator".to_owned(), own, false));
        Ok(watched)
    }

    pub async fn head(&mut self) -> Result<i64> {
        sqlx::query_scalar("select position from log_head").fetch_one(&mut self.log).await.context("reading the head")
    }

    /// The tables of the log with their indexes.
    pub async fn log_bytes(&mut self) -> Result<i64> {
        crate::log_size::log_size(&mut self.log).await
    }

    pub async fn close(self) -> Result<()> {
        self.filler.close().await?;
        self.environment.close()
    }
}
