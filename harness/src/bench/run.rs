//! The whole benchmark, in order.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use kernel::{Clock, SystemClock};

use crate::{
    chaos::{BankPlan, beside_this_program},
    kit::{self, Databases, Keys},
    load::{Routing, Workload},
};

use super::{
    BenchPlan, Hardware, Pgbench, PgbenchRun, Results,
    cpu::Watched,
    figures,
    results::{PIPELINE, WRITE_PATH},
    stage::{Servers, Stage, connect, say},
};

/// The key that tokens are signed with, and the servers under every bank.
pub(super) type Ground = (Arc<Keys>, Watched);

/// A Postgres and a NATS server of its own, and what banks on them need.
struct Site {
    binaries: PathBuf,
    folder: PathBuf,
    keys: Arc<Keys>,
    servers: kit::Servers,
    databases: Databases,
}

impl Site {
    async fn open() -> Result<Self> {
        let binaries = beside_this_program()?;
        let servers = kit::Servers::throw_away("bench", kit::Options::default()).await?;
        let folder = tempdir()?;
        let keys = Arc::new(Keys::open(&folder.join("keys"))?);
        let databases = Databases::on(&servers.postgres.url("postgres"))?;
        Ok(Self { binaries, folder, keys, servers, databases })
    }

    async fn new_bank(&self, name: &str) -> Result<BankPlan> {
        Ok(BankPlan {
            binaries: self.binaries.clone(),
            logs: self.folder.join(name.replace(' ', "-")),
            databases: self.databases.fresh_pair().await?,
            nats_url: self.servers.nats.url(),
            stream: format!("BENCH_{}", name.to_uppercase().replace(' ', "_")),
            keys: self.keys.clone(),
            post: None,
            settings: vec![("JANGBU_LOG".to_owned(), "warn".to_owned())],
        })
    }

    fn ground(&self) -> Ground {
        let watched = Watched(vec![
            ("postgres".to_owned(), self.servers.postgres.identity(), true),
            ("nats".to_owned(), self.servers.nats.identity(), false),
        ]);
        (self.keys.clone(), watched)
    }

    async fn results(&self, plan: &BenchPlan) -> Result<Results> {
        let mut server = connect(&self.servers.postgres.url("postgres")).await?;
        let version: String =
            sqlx::query_scalar("select version()").fetch_one(&mut server).await.context("asking Postgres")?;
        let hardware = Hardware::look(&self.folder)?;
        Ok(Results::new(SystemClock.now(), revision(), plan.quick, hardware, short(&version)))
    }

    async fn pgbench(&self, plan: &BenchPlan) -> Result<Pgbench> {
        say(&format!("filling pgbench's tables (scale {})", plan.scale));
        let mut server = connect(&self.servers.postgres.url("postgres")).await?;
        sqlx::query("create database pgbench").execute(&mut server).await.context("making pgbench's database")?;
        Pgbench::fill(self.servers.postgres.url("pgbench"), plan.scale).await
    }

    fn close(self) -> Result<()> {
        self.servers.stop()?;
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))
    }
}

/// Starts a Postgres and a NATS server of its own, measures, audits, and stops them.
pub async fn run(plan: &BenchPlan) -> Result<Results> {
    let site = Site::open().await?;
    let mut results = site.results(plan).await?;
    let pgbench = site.pgbench(plan).await?;
    let mut clients = plan.pgbench_clients.clone();
    clients.push(1);
    yardstick(&pgbench, "before", &clients, plan, &mut results).await?;

    write_path(plan, &mut results, site.new_bank(WRITE_PATH).await?, site.ground()).await?;
    let best = results.best_pgbench().map_or(8, |run| run.clients);
    yardstick(&pgbench, "between", &[best], plan, &mut results).await?;
    pipeline(plan, &mut results, site.new_bank(PIPELINE).await?, site.ground()).await?;
    yardstick(&pgbench, "after", &[best, 1], plan, &mut results).await?;

    results.figures = figures(&results);
    site.close()?;
    Ok(results)
}

/// What a single load goes through.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Path {
    /// The command server alone
    Write,
    /// Every process
    Pipeline,
}

/// One load alone, audited like every other; for a profiler to look at.
pub async fn run_one(plan: &BenchPlan, path: Path, connections: usize, measure: Duration) -> Result<()> {
    let site = Site::open().await?;
    let mut results = site.results(plan).await?;
    let name = match path {
        Path::Write => WRITE_PATH,
        Path::Pipeline => PIPELINE,
    };
    let mut stage = Stage::open(plan, &mut results, name, site.new_bank(name).await?, site.ground()).await?;
    stage.load(Servers::One, connections, Workload::Uniform, measure).await?;
    stage.close().await?;
    for load in &results.loads {
        let each = |seconds: f64| seconds * 1e6 / load.report.posted() as f64;
        let costs: Vec<_> = load.cpu.seconds.iter().map(|(who, &s)| format!("{who} {:.0}", each(s))).collect();
        say(&format!("microseconds of processor time for each transfer: {}", costs.join(", ")));
    }
    for memory in &results.memory {
        let (mib, events) = (memory.peak_bytes >> 20, memory.after_events);
        say(&format!("peak memory of {} after {events} events: {mib} MiB", memory.process));
    }
    site.close()
}

async fn yardstick(
    pgbench: &Pgbench,
    when: &'static str,
    clients: &[u32],
    plan: &BenchPlan,
    results: &mut Results,
) -> Result<()> {
    for clients in clients {
        let run: PgbenchRun = pgbench.run(when, *clients, plan.pgbench_time).await?;
        say(&format!("pgbench {when}: {clients} clients: {:.0} tps, average {:.3} ms", run.tps, run.average_ms));
        results.pgbench.push(run);
    }
    Ok(())
}

/// The command path alone.
async fn write_path(plan: &BenchPlan, results: &mut Results, bank: BankPlan, ground: Ground) -> Result<()> {
    let mut stage = Stage::open(plan, results, WRITE_PATH, bank, ground).await?;
    stage.load_and_weigh().await?;
    stage.load(Servers::One, 256, Workload::OneHot, plan.measure).await?;
    stage.load(Servers::One, 256, Workload::Hot(10), plan.measure_side).await?;
    stage.load(Servers::One, 32, Workload::Uniform, plan.measure_side).await?;
    if !plan.quick {
        stage.load(Servers::One, 32, Workload::Hot(10), plan.measure_side).await?;
        stage.load(Servers::One, 32, Workload::OneHot, plan.measure_side).await?;
    }
    stage.load(Servers::One, 1, Workload::Uniform, plan.measure_side).await?;
    // Once more what the figures are about: the noise of the hour comes and goes, on pgbench's side too.
    stage.load(Servers::One, 256, Workload::Uniform, plan.measure).await?;
    stage.load(Servers::One, 256, Workload::OneHot, plan.measure).await?;
    two_servers(&mut stage, plan).await?;
    stage.close().await
}

/// Every process.
async fn pipeline(plan: &BenchPlan, results: &mut Results, bank: BankPlan, ground: Ground) -> Result<()> {
    let mut stage = Stage::open(plan, results, PIPELINE, bank, ground).await?;
    stage.load(Servers::One, 256, Workload::Uniform, plan.measure).await?;
    stage.load(Servers::One, 256, Workload::OneHot, plan.measure_side).await?;
    stage.load(Servers::One, 256, Workload::Hot(10), plan.measure_side).await?;
    stage.load(Servers::One, 32, Workload::Uniform, plan.measure_side).await?;
    if !plan.quick {
        stage.load(Servers::One, 32, Workload::Hot(10), plan.measure_side).await?;
        stage.load(Servers::One, 32, Workload::OneHot, plan.measure_side).await?;
    }
    stage.load(Servers::One, 1, Workload::Uniform, plan.measure_side).await?;
    stage.load(Servers::One, 256, Workload::Uniform, plan.measure).await?;
    let rate = stage.rate(256, Workload::Uniform)?;
    stage.freshness(rate).await?;
    two_servers(&mut stage, plan).await?;
    stage.close().await
}

async fn two_servers(stage: &mut Stage<'_>, plan: &BenchPlan) -> Result<()> {
    for routing in [Routing::ByPayer, Routing::Any] {
        stage.load(Servers::Two(routing), 256, Workload::Uniform, plan.measure_side).await?;
        if !plan.quick {
            stage.load(Servers::Two(routing), 256, Workload::Hot(10), plan.measure_side).await?;
        }
    }
    Ok(())
}

pub(super) fn tempdir() -> Result<PathBuf> {
    let folder = PathBuf::from(format!("/var/tmp/jangbu-bench-{}", std::process::id()));
    kit::make_dir(&folder, 0o755)?;
    Ok(folder)
}

pub(super) fn revision() -> String {
    let git = |args: &[&str]| {
        let told = Command::new("git").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        told.status.success().then(|| String::from_utf8_lossy(&told.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|said| !said.is_empty());
    if changed { format!("{commit} with changes") } else { commit }
}

/// `PostgreSQL 15.14 (Debian 15.14-0+deb12u1)` of what the server says at length.
pub(super) fn short(version: &str) -> String {
    version.split(" on ").next().unwrap_or(version).to_owned()
}
