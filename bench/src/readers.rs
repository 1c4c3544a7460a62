//! `bench readers`: each view rebuilt, promoted, rolled back and promoted again, while half the load that the bank can carry
//! comes in and clients read with tokens: what they notice of it.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use crate::load::{
    Credentials, Fleet, FleetPlan, Latencies, Load, Pace, Readers, ReadersPlan, Readings, Routing, Workload,
};
use testkit::chaos::{Bank, Jangbu, Part};

use super::{
    Hardware,
    connection::connect,
    environment::{BenchEnvironment, revision},
    level,
    progress::say,
    results::keep,
};

/// What is done to each view.
const ACTS: [&str; 3] = ["rebuild", "rollback", "promote"];
/// What a reader may notice of a promotion begins and ends so long before and after it.
const BEFORE: Duration = Duration::from_millis(250);
const AFTER: Duration = Duration::from_secs(1);
/// Writers and their connections; a load is started again every so often, until the last view is done.
const WRITERS: usize = 64;
const STRETCH: Duration = Duration::from_secs(5);

/// How much of it.
#[derive(Clone, Debug, Serialize)]
pub struct ReadersBench {
    /// How many clients read.
    pub clients: usize,
    /// Reads and payments a second of all of them.
    pub reads_per_second: f64,
    /// Transfers a second beside them; none for half of what a closed loop reaches.
    pub rate: Option<f64>,
    /// How many transfers the log holds before the first rebuild, about.
    pub history: u64,
}

/// What readers noticed.
#[derive(Clone, Debug, Serialize)]
pub struct ReadersFound {
    /// When it began.
    pub taken_at: DateTime<Utc>,
    /// The commit that was built.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// What was asked for.
    pub plan: ReadersBench,
    /// Transfers a second that were sent, and that a closed loop had reached.
    pub rate: f64,
    /// What a closed loop had reached.
    pub closed_rate: f64,
    /// Transfers answered, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Events in the log in the end.
    pub events: i64,
    /// What was done to each view.
    pub steps: Vec<Step>,
    /// What was wrong.
    pub readings: Readings,
    /// All reads.
    pub all: Latencies,
    /// Reads around the promotions.
    pub around: Latencies,
    /// Reads while a rebuild ran, without those around its promotion.
    pub rebuilding: Latencies,
    /// Reads at no such time.
    pub otherwise: Latencies,
    /// What `jangbu log verify` said.
    pub verified: bool,
}

impl ReadersFound {
    /// Whether no reader noticed anything that is wrong, and the log and the views hold.
    pub fn met(&self) -> bool {
        self.readings.wrong() == 0 && self.verified
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &format!("{}-readers.json", self.taken_at.format("%Y-%m-%dT%H%M")))
    }
}

/// One promotion.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Of which view.
    pub view: String,
    /// By which command.
    pub act: &'static str,
    /// From when to when the command ran, from the first read on.
    pub ran: (Duration, Duration),
    /// When readers saw the other generation.
    pub promoted: Duration,
    /// The reads around it.
    pub around: Latencies,
}

/// Does all of it, on servers of its own.
pub async fn readers(plan: ReadersBench) -> Result<ReadersFound> {
    let environment = BenchEnvironment::open("bench-readers").await?;
    let bank = environment.new_bank("readers").await?;
    let jangbu = Jangbu::new(&environment.binaries, &bank.databases)?;
    let mut log = connect(&bank.databases.log.superuser_url()).await?;
    let mut views = connect(&bank.databases.views.superuser_url()).await?;
    let mut bank = Bank::new(bank)?;
    bank.start(&[Part::Command(0), Part::Relay, Part::Projector, Part::Query]).await.context("starting the bank")?;
    let (command, query) = (bank.address(Part::Command(0))?, bank.address(Part::Query)?);
    let keys = environment.keys.clone();
    let sign = move |actor| keys.token(actor, 24);
    let members = plan.clients.max(2);
    let fleet = FleetPlan { members, accounts_per_member: 2, ..FleetPlan::default() };
    let fleet = Fleet::set_up(&fleet, command, &sign, 1).await?;
    level::wait(&mut log, &mut views).await?;

    let closed_rate = fill(&plan, command, &fleet).await?;
    level::wait(&mut log, &mut views).await?;
    let rate = plan.rate.unwrap_or(closed_rate / 2.0);
    say(&format!("readers: {rate:.0} transfers/s, {} clients, {:.0} reads/s", plan.clients, plan.reads_per_second));
    let (clients, per_second) = (plan.clients, plan.reads_per_second);
    let operator = sign.operator();
    let reading = ReadersPlan { command, query, clients, per_second, operator, run: 1_000_000 };
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write(command, rate, fleet.clone(), stop.clone()));
    let readers = Readers::start(reading, fleet)?;
    let mut steps = Vec::new();
    let made = through(&jangbu, &mut views, readers.began, &mut steps).await;
    sleep(AFTER).await;
    let readings = readers.stop().await?;
    stop.store(true, Ordering::Relaxed);
    let statuses = writing.await.context("the writers died")??;
    made?;
    bank.check()?;
    level::wait(&mut log, &mut views).await?;
    let (events, _) = level::positions(&mut log, &mut views).await?;
    bank.end_all().await?;
    say(&format!("readers: verifying {events} events"));
    let verified = jangbu.run(&["log", "verify"]).await.is_ok();
    let hardware = environment.hardware()?;
    environment.close()?;
    let taken = Taken { plan, hardware, rate, closed_rate, statuses, events, verified };
    Ok(taken.weigh(steps, readings))
}

/// A closed loop, for the history and for the rate.
async fn fill(plan: &ReadersBench, command: std::net::SocketAddr, fleet: &Arc<Fleet>) -> Result<f64> {
    let (mut posted, mut best, mut run) = (0, 0_f64, 0);
    while posted < plan.history || run == 0 {
        run += 1;
        let report = load(command, Pace::Closed, run).run(fleet.clone()).await?;
        posted += report.posted();
        best = best.max(report.per_second);
        say(&format!("readers: closed loop {:.0}/s, {posted} transfers", report.per_second));
    }
    Ok(best)
}

fn load(command: std::net::SocketAddr, pace: Pace, run: u32) -> Load {
    let servers = vec![command];
    let (routing, workload, warm_up) = (Routing::Any, Workload::Uniform, Duration::ZERO);
    Load { servers, routing, connections: WRITERS, pace, workload, warm_up, measure: STRETCH, run }
}

async fn write(
    command: std::net::SocketAddr,
    rate: f64,
    fleet: Arc<Fleet>,
    stop: Arc<AtomicBool>,
) -> Result<BTreeMap<u16, u64>> {
    let (mut statuses, mut run) = (BTreeMap::new(), 1_000);
    while !stop.load(Ordering::Relaxed) {
        run += 1;
        let report = load(command, Pace::Open(rate), run).run(fleet.clone()).await?;
        report.statuses.into_iter().for_each(|(status, count)| *statuses.entry(status).or_default() += count);
    }
    Ok(statuses)
}

/// Every view, one after the other.
async fn through(jangbu: &Jangbu, views: &mut PgConnection, began: Instant, steps: &mut Vec<Step>) -> Result<()> {
    sleep(Duration::from_secs(3)).await;
    let names: Vec<String> = sqlx::query_scalar("select view from registry.live_positions order by view")
        .fetch_all(&mut *views)
        .await
        .context("reading which views there are")?;
    for view in names {
        let mut made = String::new();
        for act in ACTS {
            let from = began.elapsed();
            let more: &[&str] = if act == "promote" { &["--generation", &made] } else { &[] };
            let generation = jangbu.views(act, &view, more).await?;
            let to = began.elapsed();
            let ago: f64 = sqlx::query_scalar(
                "select extract(epoch from clock_timestamp() - promoted_at)::float8 from registry.generations
                 where view = $1 and generation = $2",
            )
            .bind(&view)
            .bind(i32::try_from(generation).context("a generation beyond all numbers")?)
            .fetch_one(&mut *views)
            .await
            .context("asking when it was promoted")?;
            if act == "rebuild" {
                made = generation.to_string();
            }
            let promoted = began.elapsed().saturating_sub(Duration::from_secs_f64(ago.max(0.0)));
            let around = Latencies::default();
            say(&format!("readers: {view}: {act} in {:.1} s", (to - from).as_secs_f64()));
            steps.push(Step { view: view.clone(), act, ran: (from, to), promoted, around });
            sleep(AFTER).await;
        }
    }
    Ok(())
}

/// What is known besides the reads.
struct Taken {
    plan: ReadersBench,
    hardware: Hardware,
    rate: f64,
    closed_rate: f64,
    statuses: BTreeMap<u16, u64>,
    events: i64,
    verified: bool,
}

impl Taken {
    fn weigh(self, mut steps: Vec<Step>, readings: Readings) -> ReadersFound {
        let reads = &readings.reads;
        let near = |step: &Step, due: Duration| due + BEFORE >= step.promoted && due <= step.promoted + AFTER;
        let of = |which: &dyn Fn(Duration) -> bool| {
            Latencies::of_all(reads.iter().filter(|(due, _)| which(*due)).map(|(_, took)| *took))
        };
        for step in &mut steps {
            step.around = of(&|due| near(step, due));
        }
        let around = |due: Duration| steps.iter().any(|step| near(step, due));
        let during = |due: Duration| {
            let rebuilding = |step: &&Step| step.act == "rebuild" && step.ran.0 <= due && due <= step.ran.1;
            !around(due) && steps.iter().any(|step| rebuilding(&step))
        };
        let (all, near_all, rebuilding) = (of(&|_| true), of(&around), of(&during));
        let otherwise = of(&|due| !around(due) && !during(due));
        let Self { plan, hardware, rate, closed_rate, statuses, events, verified } = self;
        let (taken_at, revision) = (SystemClock.now(), revision());
        ReadersFound {
            taken_at,
            revision,
            hardware,
            plan,
            rate,
            closed_rate,
            statuses,
            events,
            steps,
            readings,
            all,
            around: near_all,
            rebuilding,
            otherwise,
            verified,
        }
    }
}

/// Prints what readers noticed.
pub fn print_readers(found: &ReadersFound, out: &mut dyn Write) -> std::io::Result<()> {
    let (plan, readings) = (&found.plan, &found.readings);
    writeln!(
        out,
        "{} clients, {:.0} reads and payments/s, beside {:.0} transfers/s (closed loop: {:.0}/s); {} events in the end",
        plan.clients, plan.reads_per_second, found.rate, found.closed_rate, found.events
    )?;
    writeln!(
        out,
        "\n  {:<14} {:<9} {:>8} {:>7} {:>8} {:>8} {:>8}",
        "view", "", "took s", "reads", "p50 ms", "p99 ms", "max ms"
    )?;
    for step in &found.steps {
        let took = (step.ran.1 - step.ran.0).as_secs_f64();
        let Latencies { count, p50_ms, p99_ms, max_ms, .. } = step.around;
        let (view, act) = (&step.view, step.act);
        writeln!(out, "  {view:<14} {act:<9} {took:>8.1} {count:>7} {p50_ms:>8.1} {p99_ms:>8.1} {max_ms:>8.1}")?;
    }
    writeln!(
        out,
        "  (reads from {} ms before each promotion to {} s after it)\n",
        BEFORE.as_millis(),
        AFTER.as_secs()
    )?;
    let groups = [
        ("around promotions", found.around),
        ("while a rebuild ran", found.rebuilding),
        ("otherwise", found.otherwise),
        ("all", found.all),
    ];
    for (what, Latencies { count, p50_ms, p99_ms, p999_ms, max_ms, .. }) in groups {
        writeln!(
            out,
            "  {what:<20} {count:>7} reads, p50 {p50_ms:.1} p99 {p99_ms:.1} p99.9 {p999_ms:.1} max {max_ms:.1} ms"
        )?;
    }
    writeln!(
        out,
        "\n  {} failed, {} stale, {} empty, {} backward of {} reads; {} payments of readers, {} refused; transfers by status: {:?}",
        readings.failed,
        readings.stale,
        readings.empty,
        readings.backward,
        readings.reads.len(),
        readings.posted,
        readings.refused,
        found.statuses
    )?;
    readings.notes.iter().try_for_each(|note| writeln!(out, "    {note}"))?;
    writeln!(out, "  jangbu log verify: {}", if found.verified { "nothing wrong" } else { "SOMETHING IS WRONG" })
}
