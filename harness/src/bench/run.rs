//! The whole benchmark, in order.

use std::{path::PathBuf, process::Command, sync::Arc};

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

/// Starts a Postgres and a NATS server of its own, measures, audits, and stops them.
pub async fn run(plan: &BenchPlan) -> Result<Results> {
    let binaries = beside_this_program()?;
    let servers = kit::Servers::throw_away("bench", kit::Options::default()).await?;
    let folder = tempdir()?;
    let keys = Arc::new(Keys::open(&folder.join("keys"))?);
    let mut server = connect(&servers.postgres.url("postgres")).await?;
    let version: String =
        sqlx::query_scalar("select version()").fetch_one(&mut server).await.context("asking Postgres")?;
    let mut results =
        Results::new(SystemClock.now(), revision(), plan.quick, Hardware::look(&folder)?, short(&version));
    let databases = Databases::on(&servers.postgres.url("postgres"))?;
    let ground = Watched(vec![
        ("postgres".to_owned(), servers.postgres.identity(), true),
        ("nats".to_owned(), servers.nats.identity(), false),
    ]);
    let ground = (keys.clone(), ground);
    let new_bank = async |name: &str| -> Result<BankPlan> {
        Ok(BankPlan {
            binaries: binaries.clone(),
            logs: folder.join(name.replace(' ', "-")),
            databases: databases.fresh_pair().await?,
            nats_url: servers.nats.url(),
            stream: format!("BENCH_{}", name.to_uppercase().replace(' ', "_")),
            keys: keys.clone(),
            post: None,
            settings: vec![("JANGBU_LOG".to_owned(), "warn".to_owned())],
        })
    };

    say(&format!("filling pgbench's tables (scale {})", plan.scale));
    sqlx::query("create database pgbench").execute(&mut server).await.context("making pgbench's database")?;
    let pgbench = Pgbench::fill(servers.postgres.url("pgbench"), plan.scale).await?;
    let mut clients = plan.pgbench_clients.clone();
    clients.push(1);
    yardstick(&pgbench, "before", &clients, plan, &mut results).await?;

    write_path(plan, &mut results, new_bank(WRITE_PATH).await?, ground.clone()).await?;
    let best = results.best_pgbench().map_or(8, |run| run.clients);
    yardstick(&pgbench, "between", &[best], plan, &mut results).await?;
    pipeline(plan, &mut results, new_bank(PIPELINE).await?, ground).await?;
    yardstick(&pgbench, "after", &[best, 1], plan, &mut results).await?;

    results.figures = figures(&results);
    drop(server);
    servers.stop()?;
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    Ok(results)
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

fn tempdir() -> Result<PathBuf> {
    let folder = PathBuf::from(format!("/var/tmp/jangbu-bench-{}", std::process::id()));
    kit::make_dir(&folder, 0o755)?;
    Ok(folder)
}

fn revision() -> String {
    let git = |args: &[&str]| {
        let told = Command::new("git").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        told.status.success().then(|| String::from_utf8_lossy(&told.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|said| !said.is_empty());
    if changed { format!("{commit} with changes") } else { commit }
}

/// `PostgreSQL 15.14 (Debian 15.14-0+deb12u1)` of what the server says at length.
fn short(version: &str) -> String {
    version.split(" on ").next().unwrap_or(version).to_owned()
}
