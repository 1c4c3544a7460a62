//! The whole benchmark, in order.

use std::time::Duration;

use anyhow::{Context, Result};
use kernel::{Clock, SystemClock};

use crate::load::{Routing, Workload};
use testkit::chaos::BankPlan;

use super::{
    BenchPlan, Pgbench, PgbenchRun, Results,
    connection::connect,
    environment::{BenchEnvironment, TestServers, revision},
    figures,
    progress::say,
    results::{PIPELINE, WRITE_PATH},
    scenario::{Scenario, Servers},
    umadb,
};

/// Starts a Postgres and a NATS server of its own, measures, audits, and stops them.
pub async fn run(plan: &BenchPlan) -> Result<Results> {
    let environment = BenchEnvironment::open("bench").await?;
    let mut results = about(&environment, plan).await?;
    let pgbench = pgbench(&environment, plan).await?;
    let mut clients = plan.pgbench_clients.clone();
    clients.push(1);
    yardstick(&pgbench, "before", &clients, plan, &mut results).await?;

    let bank = environment.new_bank(WRITE_PATH).await?;
    let databases = bank.databases.clone();
    write_path(plan, &mut results, bank, environment.servers()).await?;
    // Else Postgres would clean its tables while the next part is measured.
    environment.databases.drop_pair(&databases).await.context("dropping the databases of the write path")?;
    let best = results.best_pgbench().map_or(8, |run| run.clients);
    yardstick(&pgbench, "between", &[best], plan, &mut results).await?;
    peers(plan, &mut results, &environment).await?;
    pipeline(plan, &mut results, environment.new_bank(PIPELINE).await?, environment.servers()).await?;
    yardstick(&pgbench, "after", &[best, 1], plan, &mut results).await?;

    results.figures = figures(&results);
    environment.close()?;
    Ok(results)
}

/// What a single load goes through.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Path {
    /// The command server alone
    Write,
    /// Every process
    Pipeline,
    /// Every process, and then half of that rate with a sampler of what is visible when
    Visible,
}

/// One load alone, audited like every other; for a profiler to look at.
pub async fn run_one(plan: &BenchPlan, path: Path, connections: usize, measure: Duration) -> Result<()> {
    let environment = BenchEnvironment::open("bench").await?;
    let mut results = about(&environment, plan).await?;
    let name = match path {
        Path::Write => WRITE_PATH,
        Path::Pipeline | Path::Visible => PIPELINE,
    };
    let mut scenario =
        Scenario::open(plan, &mut results, name, environment.new_bank(name).await?, environment.servers()).await?;
    scenario.load(Servers::One, connections, Workload::Uniform, measure).await?;
    if matches!(path, Path::Visible) {
        let rate = scenario.rate(connections, Workload::Uniform)?;
        scenario.freshness(rate).await?;
    }
    scenario.close().await?;
    for load in &results.loads {
        let each = |seconds: f64| seconds * 1e6 / load.report.posted() as f64;
        let costs: Vec<_> = load.cpu.seconds.iter().map(|(who, &s)| format!("{who} {:.0}", each(s))).collect();
        say(&format!("microseconds of processor time for each transfer: {}", costs.join(", ")));
    }
    for memory in &results.memory {
        let (mib, events) = (memory.peak_bytes >> 20, memory.after_events);
        say(&format!("peak memory of {} after {events} events: {mib} MiB", memory.process));
    }
    environment.close()
}

async fn about(environment: &BenchEnvironment, plan: &BenchPlan) -> Result<Results> {
    Ok(Results::new(
        SystemClock.now(),
        revision(),
        plan.quick,
        environment.hardware()?,
        environment.postgres_version().await?,
    ))
}

async fn pgbench(environment: &BenchEnvironment, plan: &BenchPlan) -> Result<Pgbench> {
    say(&format!("filling pgbench's tables (scale {})", plan.scale));
    let mut server = connect(&environment.servers.postgres.url("postgres")).await?;
    sqlx::query("create database pgbench").execute(&mut server).await.context("making pgbench's database")?;
    Pgbench::fill(environment.servers.postgres.url("pgbench"), plan.scale).await
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
    pgbench.settle().await
}

/// UmaDB, if it was built: `bench umadb` says how.
async fn peers(plan: &BenchPlan, results: &mut Results, environment: &BenchEnvironment) -> Result<()> {
    let Some(program) = umadb::program(&environment.binaries) else { return Ok(()) };
    let run = umadb::run_umadb(&program, &environment.folder, &[1, 32, 256], plan.measure_side).await?;
    for load in &run.loads {
        let (clients, rate, p50) = (load.clients, load.per_second, load.p50_ms);
        say(&format!("UmaDB: {clients} clients: {rate:.0} appends/s, p50 {p50:.2} ms"));
    }
    results.umadb = Some(run);
    Ok(())
}

/// The command path alone.
async fn write_path(plan: &BenchPlan, results: &mut Results, bank: BankPlan, test_servers: TestServers) -> Result<()> {
    let mut scenario = Scenario::open(plan, results, WRITE_PATH, bank, test_servers).await?;
    scenario.load_and_weigh().await?;
    scenario.load(Servers::One, 256, Workload::OneHot, plan.measure).await?;
    scenario.load(Servers::One, 256, Workload::Hot(10), plan.measure_side).await?;
    scenario.load(Servers::One, 32, Workload::Uniform, plan.measure_side).await?;
    if !plan.quick {
        scenario.load(Servers::One, 32, Workload::Hot(10), plan.measure_side).await?;
        scenario.load(Servers::One, 32, Workload::OneHot, plan.measure_side).await?;
    }
    scenario.load(Servers::One, 1, Workload::Uniform, plan.measure_side).await?;
    // Once more what the figures are about: the noise of the hour comes and goes, on pgbench's side too.
    scenario.load(Servers::One, 256, Workload::Uniform, plan.measure).await?;
    scenario.load(Servers::One, 256, Workload::OneHot, plan.measure).await?;
    two_servers(&mut scenario, plan).await?;
    scenario.close().await
}

/// Every process.
async fn pipeline(plan: &BenchPlan, results: &mut Results, bank: BankPlan, test_servers: TestServers) -> Result<()> {
    let mut scenario = Scenario::open(plan, results, PIPELINE, bank, test_servers).await?;
    scenario.load(Servers::One, 256, Workload::Uniform, plan.measure).await?;
    scenario.load(Servers::One, 256, Workload::OneHot, plan.measure_side).await?;
    scenario.load(Servers::One, 256, Workload::Hot(10), plan.measure_side).await?;
    scenario.load(Servers::One, 32, Workload::Uniform, plan.measure_side).await?;
    if !plan.quick {
        scenario.load(Servers::One, 32, Workload::Hot(10), plan.measure_side).await?;
        scenario.load(Servers::One, 32, Workload::OneHot, plan.measure_side).await?;
    }
    scenario.load(Servers::One, 1, Workload::Uniform, plan.measure_side).await?;
    scenario.load(Servers::One, 256, Workload::Uniform, plan.measure).await?;
    let rate = scenario.rate(256, Workload::Uniform)?;
    scenario.freshness(rate).await?;
    two_servers(&mut scenario, plan).await?;
    scenario.close().await
}

async fn two_servers(scenario: &mut Scenario<'_>, plan: &BenchPlan) -> Result<()> {
    for routing in [Routing::ByPayer, Routing::Any] {
        scenario.load(Servers::Two(routing), 256, Workload::Uniform, plan.measure_side).await?;
        if !plan.quick {
            scenario.load(Servers::Two(routing), 256, Workload::Hot(10), plan.measure_side).await?;
        }
    }
    Ok(())
}
