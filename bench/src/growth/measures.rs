//! What is measured over HTTP.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::SliceRandom};
use testkit::chaos::Part;
use tokio::time::Instant;

use super::{
    plan::Skip,
    results::{ColdLoads, Keeper, OneByOne},
    setup::GrowthBench,
};
use crate::{
    connection::checkpoint,
    cpu::CpuClock,
    load::{Connection, Latencies},
    progress::say,
};

/// Clients of pgbench: it is fastest with few.
const CLIENTS: u32 = 8;
/// How often a server is asked for before its answers count: the first ones open connections and prepare statements.
const FIRST: usize = 20;

impl GrowthBench<'_> {
    /// The highest rates, each load after a run of pgbench, and what they write.
    pub async fn measure_rates(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        self.start().await?;
        let (fleet, size, mut posted) = (self.first_accounts(), self.log_bytes().await?, 0);
        for _ in 0..self.plan.loads {
            let run = self.pgbench.run("beside", CLIENTS, self.plan.pgbench_time).await?;
            let (report, cpu) = self.load(&fleet, true).await?;
            say(&format!(
                "growth: {:.0}/s, p50 {:.1} p99 {:.1} ms, pgbench {:.0} tps ({:.2} x); {}",
                report.per_second,
                report.latency.p50_ms,
                report.latency.p99_ms,
                run.tps,
                report.per_second / run.tps,
                cpu.noise()
            ));
            posted += report.posted();
            keeper.note(|found| {
                found.pgbench.push(run);
                found.loads.push(report);
                found.strangers.push(cpu.foreign);
            })?;
        }
        let grown = self.log_bytes().await? - size;
        let (wal, _) = self.load_after_checkpoint(self.accounts().min(10_000)).await?;
        let (wal_all, all) = self.load_after_checkpoint(self.accounts()).await?;
        say(&format!(
            "growth: {:.0}/s among all accounts; WAL after a checkpoint: {wal:.0} bytes, {wal_all:.0} among all accounts",
            all.per_second
        ));
        keeper.note(|found| {
            found.disk_per_transfer = Some(grown as f64 / posted.max(1) as f64);
            (found.wal_after_checkpoint, found.wal_all_accounts) = (Some(wal), Some(wal_all));
            found.all_accounts = Some(all);
        })?;
        self.stop().await
    }

    /// Bytes of WAL for each transfer of a load: the pages that it touches first after a checkpoint are written whole.
    async fn load_after_checkpoint(&mut self, accounts: i64) -> Result<(f64, crate::load::Report)> {
        let fleet = self.fleet(accounts);
        checkpoint(&mut self.log).await?;
        let before = self.wal_position().await?;
        let (report, _) = self.load(&fleet, false).await?;
        let bytes = self.wal_position().await? - before;
        Ok((bytes as f64 / report.posted().max(1) as f64, report))
    }

    async fn wal_position(&mut self) -> Result<i64> {
        sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::int8")
            .fetch_one(&mut self.log)
            .await
            .context("reading the position of the WAL")
    }

    /// What one client sees right after a start of the server: accounts that are not in memory, and repeated commands.
    pub async fn measure_single(&mut self, keeper: &mut Keeper<'_>, size: i64) -> Result<()> {
        if !self.plan.has(Skip::Cold, size) && !self.plan.has(Skip::Replay, size) {
            return Ok(());
        }
        self.start().await?;
        if self.plan.has(Skip::Cold, size) {
            let cold = self.cold_loads().await?;
            let (wall, cpu) = cold.each();
            say(&format!("growth: loading an account: {wall:.0} us, of a core {cpu:.0} us"));
            keeper.note(|found| found.cold = Some(cold))?;
        }
        if self.plan.has(Skip::Replay, size) {
            let replays = self.replays().await?;
            say(&format!("growth: a command of before: p50 {:.2} p99 {:.2} ms", replays.p50_ms, replays.p99_ms));
            keeper.note(|found| found.replays = Some(replays))?;
        }
        self.stop().await
    }

    /// Transfers of which each names two accounts that no transfer before named; then the same pairs once more.
    async fn cold_loads(&mut self) -> Result<ColdLoads> {
        let fleet = self.fleet(self.accounts());
        let mut random = SmallRng::seed_from_u64(u64::from(self.next_run()));
        let mut places: Vec<usize> = (0..fleet.accounts.len()).collect();
        places.shuffle(&mut random);
        places.truncate(2 * FIRST + self.plan.cold);
        let mut requests = |run: u32| -> Vec<Vec<u8>> {
            let pairs = places.chunks_exact(2).zip(0..);
            let amount = random.random_range(100..1000);
            pairs.map(|(pair, number)| fleet.request((run, number), pair[0], pair[1], amount)).collect()
        };
        let (first, second) = (requests(self.next_run()), requests(self.next_run()));
        Ok(ColdLoads { cold: self.one_by_one(&first).await?, warm: self.one_by_one(&second).await? })
    }

    /// The first few are sent and not measured.
    async fn one_by_one(&mut self, requests: &[Vec<u8>]) -> Result<OneByOne> {
        let mut connection = Connection::to(self.bank.address(Part::Command(0))?);
        let (first, rest) = requests.split_at(FIRST.min(requests.len()));
        post_all(&mut connection, first).await?;
        let watched = self.watched()?;
        let before = CpuClock::read(&watched);
        let times = post_all(&mut connection, rest).await?;
        let used = before.until(&CpuClock::read(&watched));
        let mut cpu: BTreeMap<String, f64> =
            used.per_transfer(rest.len() as u64).map(|(name, micros)| (name.to_owned(), micros)).collect();
        cpu.remove("generator");
        Ok(OneByOne { latency: Latencies::of_all(times.into_iter()), cpu })
    }

    /// Each is answered as it was then, byte for byte.
    async fn replays(&mut self) -> Result<Latencies> {
        let mut connection = Connection::to(self.bank.address(Part::Command(0))?);
        let mut times = Vec::with_capacity(self.old.len());
        for old in &self.old {
            let began = Instant::now();
            let reply = connection.exchange(|out| out.extend_from_slice(&old.request)).await.context("repeating")?;
            times.push(began.elapsed());
            let replayed = reply.header("idempotency-replayed") == Some("true");
            ensure!(
                reply.status == 201 && replayed && reply.body == old.answer,
                "a repeated command was answered {} {}, and not as before: {}",
                reply.status,
                String::from_utf8_lossy(reply.body),
                String::from_utf8_lossy(&old.answer)
            );
        }
        times.drain(..FIRST.min(times.len() / 2));
        Ok(Latencies::of_all(times.into_iter()))
    }
}

async fn post_all(connection: &mut Connection, requests: &[Vec<u8>]) -> Result<Vec<std::time::Duration>> {
    let mut times = Vec::with_capacity(requests.len());
    for request in requests {
        let began = Instant::now();
        let reply = connection.exchange(|out| out.extend_from_slice(request)).await.context("posting")?;
        times.push(began.elapsed());
        ensure!(
            reply.status == 201,
            "a transfer was answered {} {}",
            reply.status,
            String::from_utf8_lossy(reply.body)
        );
    }
    Ok(times)
}
