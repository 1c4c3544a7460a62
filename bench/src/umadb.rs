//! `bench umadb`: conditional appends of three events to UmaDB, over its own protocol and with its own client, beside pgbench.
//!
//! The program `umadb-peer` holds both sides. It is a workspace of its own (`bench/umadb`): `./justw bench umadb` builds it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use testkit::kit::{Identity, Life, Program, Signal, free_port, make_dir};
use tokio::process::Command;

use super::{
    Hardware, Pgbench, PgbenchRun,
    connection::connect,
    cpu::{CpuClock, Watched},
    environment::{BenchEnvironment, revision},
    memory,
    results::keep,
    umadb_run::{UmaDbLoad, UmaDbRun},
};

/// The version in `bench/umadb/Cargo.lock`.
const VERSION: &str = "0.7.8";

#[derive(Deserialize)]
struct Said {
    runs: Vec<UmaDbLoad>,
    events: u64,
}

/// UmaDB beside pgbench.
#[derive(Clone, Debug, Serialize)]
pub struct UmaDbResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// The commit of the benchmark.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// pgbench, before and after.
    pub pgbench: Vec<PgbenchRun>,
    /// UmaDB.
    pub umadb: UmaDbRun,
}

/// The program, if it was built.
pub(super) fn program(binaries: &Path) -> Option<PathBuf> {
    let program = binaries.join("../umadb/release/umadb-peer");
    program.is_file().then_some(program)
}

/// Runs UmaDB's server with its data under the folder, and loads of these many clients on it.
pub(super) async fn run_umadb(program: &Path, folder: &Path, clients: &[usize], measure: Duration) -> Result<UmaDbRun> {
    let folder = folder.join("umadb");
    make_dir(&folder, 0o755)?;
    let port = free_port()?;
    let args = ["serve", "--listen", &format!("127.0.0.1:{port}"), "--db-path", &folder.display().to_string()];
    let mut server = Program {
        path: program.to_owned(),
        args: args.map(str::to_owned).to_vec(),
        env: vec![],
        dir: folder.clone(),
        log: folder.join("server.log"),
        user: None,
        life: Life::WithStarter,
        end: Signal::TERM,
    }
    .start()?;
    let own = server.identity()?;
    let numbers: Vec<String> = clients.iter().map(usize::to_string).collect();
    let mut load = Command::new(program)
        .args(["load", "--url", &format!("http://127.0.0.1:{port}"), "--clients", &numbers.join(",")])
        .args(["--seconds", &measure.as_secs().to_string(), "--warm-up", &(measure.as_secs_f64() / 4.0).to_string()])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot run umadb-peer")?;
    let generator = load.id().and_then(Identity::of).context("the load cannot be identified")?;
    let mut watched = Watched::default();
    watched.0.push(("umadb".to_owned(), own, false));
    watched.0.push(("umadb's clients".to_owned(), generator, false));
    let before = CpuClock::read(&watched);
    let said = said(&mut load).await?;
    let cpu = before.until(&CpuClock::read(&watched));
    server.check().context("UmaDB's server died")?;
    let peak_bytes = memory::peak(own).context("UmaDB's server has no memory")?;
    server.stop(Duration::from_secs(10));
    let disk_bytes = std::fs::metadata(folder.join("uma.db")).map_or(0, |file| file.len());
    let Said { runs: loads, events } = said;
    Ok(UmaDbRun { version: VERSION, loads, events, disk_bytes, peak_bytes, cpu })
}

/// Its processor time is read before it is waited for: afterwards it is gone.
async fn said(load: &mut tokio::process::Child) -> Result<Said> {
    use tokio::io::AsyncReadExt;
    let mut text = String::new();
    let mut out = load.stdout.take().context("it says nothing")?;
    out.read_to_string(&mut text).await.context("reading what the load found")?;
    serde_json::from_str(&text).context("the load on UmaDB failed: see above")
}

/// `bench umadb`.
pub async fn umadb(quick: bool) -> Result<UmaDbResults> {
    let environment = BenchEnvironment::open("bench-umadb").await?;
    let program = program(&environment.binaries).context(
        "umadb-peer is not built: `./justw bench umadb` builds it, or cargo build --release --manifest-path bench/umadb/Cargo.toml \
         --target-dir target/umadb",
    )?;
    let (seconds, scale) = if quick { (4, 10) } else { (15, 50) };
    let time = Duration::from_secs(seconds);
    let mut server = connect(&environment.servers.postgres.url("postgres")).await?;
    sqlx::query("create database pgbench").execute(&mut server).await.context("making pgbench's database")?;
    let pgbench = Pgbench::fill(environment.servers.postgres.url("pgbench"), scale).await?;
    let mut runs = Vec::new();
    for clients in [1, 8, 32] {
        runs.push(pgbench.run("before", clients, time).await?);
    }
    let umadb = run_umadb(&program, &environment.folder, &[1, 32, 256], time).await?;
    runs.push(pgbench.run("after", 8, time).await?);
    let hardware = environment.hardware()?;
    environment.close()?;
    Ok(UmaDbResults { taken_at: SystemClock.now(), revision: revision(), hardware, pgbench: runs, umadb })
}

impl UmaDbResults {
    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, syncs_per_second, .. } = &self.hardware;
        writeln!(out, "{cpu}, {cores} cores, {memory_mib} MiB, {syncs_per_second:.0} fdatasync/s")?;
        for run in &self.pgbench {
            let (when, clients, tps) = (run.when, run.clients, run.tps);
            writeln!(
                out,
                "  pgbench {when:<7} {clients:>4} clients {tps:>9.0} tps  average {:>8.3} ms",
                run.average_ms
            )?;
        }
        self.umadb.print(out)
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-umadb.json").to_string())
    }
}
