//! `bench memory`: what the processes need where most accounts are not in memory, and how accounts come there.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use sqlx::PgConnection;
use testkit::chaos::{Bank, Part};

use super::{
    Hardware,
    connection::connect,
    cpu::{CpuClock, CpuUse},
    environment::{BenchEnvironment, revision},
    fill::{self, FUNDS, Filler, disk_space, require_space},
    level,
    load::{Fleet, Load, Pace, Report, Routing, Workload},
    memory,
    metrics::{metric, scrape},
    progress::say,
    results::keep,
};

/// What DESIGN 16 asks of each process.
const MOST: u64 = 256 << 20;
const CONNECTIONS: usize = 256;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What is measured.
#[derive(Clone, Debug)]
pub struct ManyAccountsPlan {
    /// Accounts in the log.
    pub accounts: i64,
    /// Streams that the command server keeps in memory.
    pub cached: usize,
    /// How long the load takes.
    pub measure: Duration,
    /// Whether relay, projector, query server and auditor run too. They have to follow the whole log first.
    pub all_processes: bool,
}

/// The memory of one process.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProcessMemory {
    /// In MiB, once a second during the load.
    pub resident_mib: Vec<u64>,
    /// The most it ever held.
    pub peak_bytes: u64,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct ManyAccountsResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Accounts in the log.
    pub accounts: i64,
    /// Events in the log before the load.
    pub events: i64,
    /// Streams that the command server keeps in memory.
    pub cached: usize,
    /// Transfers between any two of the accounts.
    pub load: Report,
    /// Where the processor time went.
    pub cpu: CpuUse,
    /// By process.
    pub memory: BTreeMap<String, ProcessMemory>,
    /// Batches of commands.
    pub batches: f64,
    /// How often a batch was decided again: its streams are then read again.
    pub conflicts: f64,
    /// Look-ups of streams that were not in memory.
    pub look_ups: f64,
    /// How many streams these read.
    pub looked_up: f64,
}

/// Fills a log with accounts, and sends transfers between any two of them.
pub async fn many_accounts(plan: &ManyAccountsPlan) -> Result<ManyAccountsResults> {
    require_space(Path::new("/var/tmp"), disk_space(5 * plan.accounts, plan.accounts, plan.all_processes))?;
    let environment = BenchEnvironment::open("bench-memory").await?;
    let bank_plan = environment.new_bank("memory").await?;
    let mut log = connect(&bank_plan.databases.log.superuser_url()).await?;
    say(&format!("memory: filling a log with {} accounts", plan.accounts));
    let began = Instant::now();
    let mut filler = Filler::open(&bank_plan.databases.log).await?;
    filler.add(plan.accounts, 0).await?;
    filler.settle().await?;
    filler.close().await?;
    let events = head(&mut log).await?;
    say(&format!("memory: {events} events after {:.0} s", began.elapsed().as_secs_f64()));
    let mut bank = Bank::new(bank_plan)?;
    bank.set(Part::Command(0), "JANGBU_COMMAND_CACHED_STREAMS", plan.cached.to_string());
    let parts: &[Part] = match plan.all_processes {
        true => &[Part::Command(0), Part::Relay, Part::Projector, Part::Query, Part::Auditor],
        false => &[Part::Command(0)],
    };
    bank.start(parts).await.context("starting the bank")?;
    if plan.all_processes {
        let mut views = connect(&bank.plan().databases.views.superuser_url()).await?;
        level::catch_up(&mut views, events).await?;
    }
    let keys = environment.keys.clone();
    let sign = move |actor| keys.token(actor, 24);
    let accounts = (1..=plan.accounts).map(fill::account).collect();
    let fleet = Fleet::of(accounts, fill::members(), ("KRW", FUNDS), &sign);
    let mut watched = environment.servers().1;
    for (part, identity) in bank.running()? {
        watched.0.push((part.name(), identity, false));
    }
    let before = Counts::read(&mut bank).await?;
    let clock = CpuClock::read(&watched);
    let (load, memory) = load(&mut bank, &fleet, plan.measure).await?;
    let cpu = clock.until(&CpuClock::read(&watched));
    let counts = Counts::read(&mut bank).await?;
    let added = head(&mut log).await? - events;
    let posted = i64::try_from(load.posted())?;
    ensure!(added == 3 * posted, "{posted} transfers were answered with 201, and the log has {added} events more");
    bank.end_all().await?;
    let hardware = environment.hardware()?;
    environment.close()?;
    Ok(ManyAccountsResults {
        taken_at: SystemClock.now(),
        revision: revision(),
        hardware,
        accounts: plan.accounts,
        events,
        cached: plan.cached,
        load,
        cpu,
        memory,
        batches: counts.batches - before.batches,
        conflicts: counts.conflicts - before.conflicts,
        look_ups: counts.look_ups - before.look_ups,
        looked_up: counts.looked_up - before.looked_up,
    })
}

async fn head(log: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar("select position from log_head").fetch_one(log).await.context("reading the head of the log")
}

async fn load(
    bank: &mut Bank,
    fleet: &Arc<Fleet>,
    measure: Duration,
) -> Result<(Report, BTreeMap<String, ProcessMemory>)> {
    let load = Load {
        servers: vec![bank.address(Part::Command(0))?],
        routing: Routing::Any,
        connections: CONNECTIONS,
        pace: Pace::Closed,
        workload: Workload::Uniform,
        warm_up: Duration::from_secs(1),
        measure,
        run: 1,
    };
    let running = bank.running()?;
    let load = load.run(fleet.clone());
    tokio::pin!(load);
    let mut found: BTreeMap<String, ProcessMemory> = BTreeMap::new();
    let report = loop {
        let report = tokio::time::timeout(LOOK, &mut load).await;
        for (part, identity) in &running {
            let process = found.entry(part.name()).or_default();
            process.resident_mib.extend(memory::resident(*identity).map(|bytes| bytes >> 20));
            process.peak_bytes = memory::peak(*identity).unwrap_or_default().max(process.peak_bytes);
        }
        if let Ok(report) = report {
            break report?;
        }
    };
    bank.check()?;
    ensure!(report.is_clean(), "not all were answered 201: {:?} {:?}", report.statuses, report.unexpected);
    Ok((report, found))
}

/// What the command server counts.
struct Counts {
    batches: f64,
    conflicts: f64,
    look_ups: f64,
    looked_up: f64,
}

impl Counts {
    async fn read(bank: &mut Bank) -> Result<Self> {
        let text = scrape(bank.address(Part::Command(0))?).await?;
        Ok(Self {
            batches: metric(&text, "executor_batch_commands_count"),
            conflicts: metric(&text, "executor_conflicts_total"),
            look_ups: metric(&text, "executor_look_up_size_count"),
            looked_up: metric(&text, "executor_look_up_size_sum"),
        })
    }
}

impl ManyAccountsResults {
    /// No more than one look-up for each batch. One that is decided again reads on in its streams, and may then lack others.
    fn looks_up_once(&self) -> bool {
        self.look_ups <= self.batches + 2.0 * self.conflicts
    }

    /// Whether no process held more than is asked, and a batch looks up its streams at once.
    pub fn met(&self) -> bool {
        self.memory.values().all(|process| process.peak_bytes < MOST) && self.looks_up_once()
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "Jangbu {} on {cpu}, {cores} cores, {memory_mib} MiB", self.revision)?;
        writeln!(
            out,
            "{} accounts, {} events; {} streams in memory; transfers between any two accounts, {CONNECTIONS} connections",
            self.accounts, self.events, self.cached
        )?;
        let (load, latency, seconds) = (&self.load, &self.load.latency, self.load.measured.as_secs_f64() + 1.0);
        writeln!(out, "  {:.0}/s, p50 {:.2} p99 {:.2} ms", load.per_second, latency.p50_ms, latency.p99_ms)?;
        writeln!(
            out,
            "  {:.0} streams/s loaded, {:.1} with each look-up; {:.0} look-ups for {:.0} batches, {:.0} decided again: {}",
            self.looked_up / seconds,
            self.looked_up / self.look_ups.max(1.0),
            self.look_ups,
            self.batches,
            self.conflicts,
            if self.looks_up_once() { "one for a batch at most" } else { "MORE than one for a batch" }
        )?;
        let costs: Vec<_> =
            self.cpu.per_transfer(load.posted()).map(|(name, micros)| format!("{name} {micros:.0}")).collect();
        let noise = self.cpu.noise();
        writeln!(
            out,
            "  microseconds of a core for each transfer: {}; {noise} (the generator is one of them)",
            costs.join(", ")
        )?;
        for (process, ProcessMemory { resident_mib, peak_bytes }) in &self.memory {
            let verdict = if *peak_bytes < MOST { "met" } else { "MISSED" };
            let (first, last) = (resident_mib.first().unwrap_or(&0), resident_mib.last().unwrap_or(&0));
            writeln!(
                out,
                "  {process}: {first} MiB after a second, {last} at the end, peak {} of {}: {verdict}",
                peak_bytes >> 20,
                MOST >> 20
            )?;
        }
        Ok(())
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-memory.json").to_string())
    }
}
