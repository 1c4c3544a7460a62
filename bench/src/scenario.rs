//! One bank under load, from the opening of its accounts to its audit.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use sqlx::PgConnection;
use tokio::time::timeout;

use crate::load::{Fleet, FreshnessPlan, Load, Pace, Routing, Workload, sample_freshness};
use testkit::{
    chaos::{Bank, BankPlan, Part},
    kit::{Identity, Role},
};

use super::{
    BenchPlan, LoadRun, Memory, Results, audit,
    connection::connect,
    cpu::{CpuClock, Watched},
    environment::TestServers,
    level,
    log_size::log_size,
    memory,
    progress::say,
    results::{FreshnessRun, PIPELINE},
};

/// A bank being measured.
pub(super) struct Scenario<'a> {
    plan: &'a BenchPlan,
    results: &'a mut Results,
    name: &'static str,
    bank: Bank,
    fleet: Arc<Fleet>,
    log: PgConnection,
    views: PgConnection,
    servers: Watched,
    runs: u32,
    posted: u64,
    moved: Vec<i64>,
}

/// Which command servers take a load, and how it is dealt out to them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Servers {
    One,
    Two(Routing),
}

impl<'a> Scenario<'a> {
    /// Starts a bank and opens its accounts.
    pub(super) async fn open(
        plan: &'a BenchPlan,
        results: &'a mut Results,
        name: &'static str,
        bank: BankPlan,
        test_servers: TestServers,
    ) -> Result<Self> {
        let (keys, servers) = test_servers;
        let log = connect(&bank.databases.log.superuser_url()).await?;
        let views = connect(&bank.databases.views.superuser_url()).await?;
        let mut bank = Bank::new(bank)?;
        let parts: &[Part] = match name {
            PIPELINE => &[Part::Command(0), Part::Relay, Part::Projector, Part::Query],
            _ => &[Part::Command(0)],
        };
        bank.start(parts).await.context("starting the bank")?;
        say(&format!("{name}: opening {} accounts", plan.fleet.members * plan.fleet.accounts_per_member));
        let address = bank.address(Part::Command(0))?;
        let sign = move |actor| keys.token(actor, 24);
        let fleet = Fleet::set_up(&plan.fleet, address, &sign, 1).await?;
        let moved = vec![0; fleet.accounts.len()];
        let mut scenario = Self { plan, results, name, bank, fleet, log, views, servers, runs: 0, posted: 0, moved };
        scenario.wait_until_level().await?;
        Ok(scenario)
    }

    /// One closed-loop load.
    pub(super) async fn load(
        &mut self,
        servers: Servers,
        connections: usize,
        workload: Workload,
        measure: Duration,
    ) -> Result<()> {
        let mut load = self.new_load(connections, Pace::Closed, measure)?;
        load.workload = workload;
        let mut servers_name = "1".to_owned();
        if let Servers::Two(routing) = servers {
            self.start_second_server().await?;
            load.servers.push(self.bank.address(Part::Command(1))?);
            load.routing = routing;
            servers_name = format!("2, {}", if routing == Routing::Any { "any" } else { "by payer" });
        }
        let watched = self.watched()?;
        let before = CpuClock::read(&watched);
        let report = load.run(self.fleet.clone()).await?;
        self.bank.check()?;
        self.count(report.posted(), &report.moved);
        let level_after = self.wait_until_level().await?;
        let cpu = before.until(&CpuClock::read(&watched));
        let level = level_after.map(|time| format!(", level after {} ms", time.as_millis())).unwrap_or_default();
        let workload = workload.name();
        say(&format!(
            "{}: {workload}, {connections} connections, {servers_name} server(s): {:.0}/s, p50 {:.2} ms{level}; {}",
            self.name,
            report.per_second,
            report.latency.p50_ms,
            cpu.noise()
        ));
        let bank = self.name;
        self.results.loads.push(LoadRun {
            bank,
            servers: servers_name,
            connections,
            workload,
            report,
            cpu,
            level_after,
        });
        Ok(())
    }

    /// The main load; what each of its transfers adds to the log is measured with it.
    pub(super) async fn load_and_weigh(&mut self) -> Result<()> {
        let (size, posted) = (log_size(&mut self.log).await?, self.posted);
        self.load(Servers::One, 256, Workload::Uniform, self.plan.measure).await?;
        let grown = log_size(&mut self.log).await? - size;
        self.results.log_bytes_per_transfer = Some(grown as f64 / (self.posted - posted).max(1) as f64);
        Ok(())
    }

    /// Commit to visible, while half of `rate` comes in.
    pub(super) async fn freshness(&mut self, rate: f64) -> Result<()> {
        let samples = self.plan.samples_per_second;
        let time = self.plan.warm_up + self.plan.measure;
        let load = self.new_load(256, Pace::Open((rate / 2.0 - samples).max(1.0)), self.plan.measure)?;
        self.runs += 1;
        let sampling = FreshnessPlan {
            command: self.bank.address(Part::Command(0))?,
            query: self.bank.address(Part::Query)?,
            rate: samples,
            connections: 16,
            time,
            run: self.runs,
        };
        let (load, freshness) =
            tokio::join!(load.run(self.fleet.clone()), sample_freshness(sampling, self.fleet.clone()));
        let (load, freshness) = (load?, freshness?);
        self.bank.check()?;
        self.count(load.posted(), &load.moved);
        self.count(freshness.posted, &freshness.moved);
        let visible = freshness.visible;
        say(&format!("{}: commit to visible p50 {:.1} p99 {:.1} ms", self.name, visible.p50_ms, visible.p99_ms));
        self.results.freshness = Some(FreshnessRun { rate: rate / 2.0, load, freshness });
        Ok(())
    }

    /// Takes the memory of the processes, ends them, and audits what they leave.
    pub(super) async fn close(mut self) -> Result<()> {
        self.wait_until_level().await?;
        let (head, _) = level::positions(&mut self.log, &mut self.views).await?;
        for (part, identity) in self.bank.running()? {
            let peak_bytes = memory::peak(identity).context("a process has no memory")?;
            let (bank, process) = (self.name, part.name());
            self.results.memory.push(Memory { bank, process, peak_bytes, after_events: head });
        }
        self.bank.end_all().await?;
        say(&format!("{}: auditing {head} events", self.name));
        let audit = audit(&mut self.log, &self.fleet, &self.moved, self.posted).await.context("the audit failed")?;
        self.results.audits.push((self.name, audit));
        if self.name == PIPELINE {
            // The views of the write path alone are empty: verifying it would find just that.
            let said = self.verify().await?;
            self.results.verified.push((self.name, said));
        }
        Ok(())
    }

    fn new_load(&mut self, connections: usize, pace: Pace, measure: Duration) -> Result<Load> {
        self.runs += 1;
        Ok(Load {
            servers: vec![self.bank.address(Part::Command(0))?],
            routing: Routing::Any,
            connections,
            pace,
            workload: Workload::Uniform,
            warm_up: self.plan.warm_up,
            measure,
            run: self.runs,
        })
    }

    /// Everything that works for a load; the generator is in this very process.
    fn watched(&self) -> Result<Watched> {
        let mut watched = self.servers.clone();
        for (part, identity) in self.bank.running()? {
            watched.0.push((part.binary().to_owned(), identity, false));
        }
        let own = Identity::of(std::process::id()).context("this process cannot be identified")?;
        watched.0.push(("generator".to_owned(), own, false));
        Ok(watched)
    }

    async fn start_second_server(&mut self) -> Result<()> {
        if self.bank.running()?.iter().all(|(part, _)| *part != Part::Command(1)) {
            self.bank.start(&[Part::Command(1)]).await?;
        }
        Ok(())
    }

    /// The rate found by a load with one command server.
    pub(super) fn rate(&self, connections: usize, workload: Workload) -> Result<f64> {
        let run = self.results.load(self.name, connections, &workload.name()).context("that load was not run")?;
        Ok(run.report.per_second)
    }

    fn count(&mut self, posted: u64, moved: &[i64]) {
        self.posted += posted;
        self.moved.iter_mut().zip(moved).for_each(|(all, moved)| *all += moved);
    }

    async fn wait_until_level(&mut self) -> Result<Option<Duration>> {
        match self.name {
            PIPELINE => level::wait(&mut self.log, &mut self.views).await.map(Some),
            _ => Ok(None),
        }
    }

    /// `jangbu log verify`, if the command line was built.
    async fn verify(&self) -> Result<String> {
        let plan = self.bank.plan();
        let program: PathBuf = plan.binaries.join("jangbu");
        if !program.is_file() {
            return Ok(format!("{} is not built", program.display()));
        }
        let mut command = tokio::process::Command::new(program);
        command
            .args(["log", "verify"])
            .env("JANGBU_LOG_DATABASE_URL", plan.databases.log.url(Role::Owner)?)
            .env("JANGBU_VIEWS_DATABASE_URL", plan.databases.views.url(Role::Owner)?)
            .kill_on_drop(true);
        let Ok(output) = timeout(Duration::from_secs(240), command.output()).await else {
            return Ok("not done within 240 s".to_owned());
        };
        let output = output.context("cannot run jangbu")?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "`jangbu log verify` found something wrong:\n{out}{err}");
        Ok(out.trim().lines().last().unwrap_or("nothing wrong").trim().to_owned())
    }
}
