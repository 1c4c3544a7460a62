//! `bench rebuild`: how fast `accounts` and `transactions` are made anew from the log, beside two limits in the same run:
//! COPY of the log out of Postgres, and COPY of a finished table into it.

use std::{
    io::Write,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures::TryStreamExt;
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    chaos::beside_this_program,
    kit::{self, Databases, Identity, Pair, Role},
};

use super::{
    memory,
    stage::{connect, say},
};

/// Both cores.
const AT_ONCE: i64 = 2;
/// The accounts that the transfers go between.
const ACCOUNTS: i64 = 10_000;

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Rebuilds {
    /// The events of the log.
    pub events: i64,
    /// Events a second that COPY brings out of the log, with their commits, over two connections.
    pub copied_out: f64,
    /// Rows a second of `entries` that COPY brings into a table without indexes, over two connections.
    pub copied_in: f64,
    /// Each view by itself, then both at the same time.
    pub runs: Vec<RebuildRun>,
}

/// One rebuild, from the start of the process to its end.
#[derive(Clone, Debug, Serialize)]
pub struct RebuildRun {
    /// What.
    pub what: String,
    /// How long it took, comparison and promotion included.
    pub took: Duration,
    /// Events of the log for each second of it.
    pub per_second: f64,
    /// The most memory that one of its processes held.
    pub peak_bytes: u64,
}

/// Fills a log with about so many events and rebuilds views from it, on a Postgres of its own.
pub async fn rebuild(events: i64) -> Result<Rebuilds> {
    let binaries = beside_this_program()?;
    let program = binaries.join("jangbu");
    ensure!(program.is_file(), "{} is not built", program.display());
    let servers = kit::Servers::throw_away("bench-rebuild", kit::Options::default()).await?;
    let databases = Databases::on(&servers.postgres.url("postgres"))?;
    let pair = databases.fresh_pair().await?;
    say(&format!("rebuild: filling a log with {events} events"));
    let events = fill(&pair, events).await?;
    let jangbu = Jangbu { program, pair: &pair, events };
    // The live generations are empty; the first ones to be compared with are made without comparison.
    for view in ["accounts", "transactions"] {
        jangbu.run(&[view], &["--abandon-live"]).await?;
    }
    let (copied_out, copied_in) = limits(&pair, events).await?;
    say(&format!("rebuild: limits: {copied_out:.0} events/s out of the log, {copied_in:.0} rows/s in"));
    let mut runs = Vec::new();
    for views in [&["accounts"][..], &["transactions"], &["accounts", "transactions"]] {
        let run = jangbu.run(views, &[]).await?;
        say(&format!("rebuild: {}: {:.0} events/s, {} MiB", run.what, run.per_second, run.peak_bytes >> 20));
        runs.push(run);
    }
    servers.stop()?;
    Ok(Rebuilds { events, copied_out, copied_in, runs })
}

/// Prints what was measured.
pub fn print_rebuilds(results: &Rebuilds, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "rebuild of {} events, on one machine, in one run", results.events)?;
    writeln!(out, "  {:<40} {:>12.0} events/s", "limit: COPY of the log out", results.copied_out)?;
    writeln!(out, "  {:<40} {:>12.0} rows/s", "limit: COPY of entries in, no index", results.copied_in)?;
    for run in &results.runs {
        let (seconds, memory) = (run.took.as_secs_f64(), run.peak_bytes >> 20);
        writeln!(out, "  {:<40} {:>12.0} events/s  {seconds:>6.1} s  {memory:>4} MiB", run.what, run.per_second)?;
    }
    Ok(())
}

struct Jangbu<'a> {
    program: std::path::PathBuf,
    pair: &'a Pair,
    events: i64,
}

impl Jangbu<'_> {
    /// Rebuilds these views at the same time.
    async fn run(&self, views: &[&str], more: &[&str]) -> Result<RebuildRun> {
        let began = Instant::now();
        let running = views.iter().map(|view| self.one(view, more));
        let peaks = futures::future::try_join_all(running).await?;
        let took = began.elapsed();
        Ok(RebuildRun {
            what: views.join(" and "),
            took,
            per_second: self.events as f64 / took.as_secs_f64(),
            peak_bytes: peaks.into_iter().max().unwrap_or_default(),
        })
    }

    /// The most memory it held.
    async fn one(&self, view: &str, more: &[&str]) -> Result<u64> {
        let mut child = tokio::process::Command::new(&self.program)
            .args(["views", "rebuild", view, "--reason", "a benchmark", "--operator", "bench", "--json"])
            .args(more)
            .env("JANGBU_LOG_DATABASE_URL", self.pair.log.url(Role::Owner)?)
            .env("JANGBU_VIEWS_DATABASE_URL", self.pair.views.url(Role::Owner)?)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot run jangbu")?;
        let identity = child.id().and_then(Identity::of);
        let mut peak = 0;
        loop {
            if let Ok(ended) = tokio::time::timeout(Duration::from_millis(20), child.wait()).await {
                ensure!(ended.context("waiting for jangbu")?.success(), "the rebuild of {view} failed");
                return Ok(peak);
            }
            peak = identity.and_then(memory::peak).unwrap_or_default().max(peak);
        }
    }
}

/// Events a second out of the log, and rows a second into a table.
async fn limits(pair: &Pair, events: i64) -> Result<(f64, f64)> {
    let log = pair.log.superuser_url();
    let began = Instant::now();
    let share = |n: i64| (events * n / AT_ONCE, events * (n + 1) / AT_ONCE);
    let out = (0..AT_ONCE).map(|n| {
        let (log, (after, to)) = (log.clone(), share(n));
        async move {
            let mut connection = connect(&log).await?;
            for (table, position) in [("commits", "first_position"), ("events", "position")] {
                let statement = format!(
                    "copy (select * from {table} where {position} > {after} and {position} <= {to} order by {position})
                     to stdout (format binary)"
                );
                copy_out(&mut connection, &statement, |_| {}).await?;
            }
            anyhow::Ok(())
        }
    });
    futures::future::try_join_all(out).await?;
    let copied_out = events as f64 / began.elapsed().as_secs_f64();
    Ok((copied_out, copied_in(&pair.views.superuser_url()).await?))
}

async fn copied_in(views: &str) -> Result<f64> {
    let mut connection = connect(views).await?;
    run_sql(&mut connection, "create table limit_entries (like live.entries)").await?;
    let mut bytes = Vec::new();
    let statement = "copy (select * from live.entries limit 300000) to stdout (format binary)";
    copy_out(&mut connection, statement, |row| bytes.extend_from_slice(row)).await?;
    let began = Instant::now();
    let bytes = &bytes;
    let copying = (0..AT_ONCE).map(|_| async move {
        let mut connection = connect(views).await?;
        let mut copy = connection.copy_in_raw("copy limit_entries from stdin (format binary)").await?;
        for part in bytes.chunks(1 << 20) {
            copy.send(part).await?;
        }
        anyhow::Ok(copy.finish().await?)
    });
    let rows: u64 = futures::future::try_join_all(copying).await?.into_iter().sum();
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    run_sql(&mut connection, "drop table limit_entries").await?;
    Ok(rate)
}

async fn copy_out(connection: &mut PgConnection, statement: &str, mut take: impl FnMut(&[u8])) -> Result<()> {
    let mut rows = connection.copy_out_raw(statement).await.context("COPY out")?;
    while let Some(row) = rows.try_next().await.context("COPY out")? {
        take(&row);
    }
    Ok(())
}

/// Runs statements made here.
async fn run_sql(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.context("Postgres refused").map(drop)
}

/// Accounts and transfers between them, written as the log would have them; the last position.
async fn fill(pair: &Pair, events: i64) -> Result<i64> {
    let mut log = connect(&pair.log.superuser_url()).await?;
    let transfers = (events - 2 * ACCOUNTS).max(3) / 3;
    let sql = FILL.replace("$ACCOUNTS", &ACCOUNTS.to_string()).replace("$TRANSFERS", &transfers.to_string());
    run_sql(&mut log, &sql).await.context("filling the log")?;
    sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.context("reading the head")
}

/// A transfer is one commit of three events; four transfers share an append, and with it a time.
const FILL: &str = r#"
    begin;
    set local work_mem = '256MB';
    create temp table made on commit drop as
        select n, ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as transfer,
            1 + (n * 7919) % $ACCOUNTS as source, 1 + (n * 7919 + 1 + n % 97) % $ACCOUNTS as destination,
            2 * $ACCOUNTS + 3 * (n - 1) as base
        from generate_series(1::bigint, $TRANSFERS) as n;
    create temp table moved on commit drop as
        select n, side, account, md5('account' || account)::uuid as account_id, position,
            1 + row_number() over (partition by account order by position) as version
        from (
            select n, 'debit' as side, source as account, base + 2 as position from made
            union all
            select n, 'credit', destination, base + 3 from made
        ) as sides;
    insert into commits
        select 2 * n - 1, 2 * n, '2026-01-01'::timestamptz + n * interval '1 ms', gen_random_uuid(), gen_random_uuid(),
            gen_random_uuid(), decode(md5(n::text), 'hex'), 'm'
        from generate_series(1::bigint, $ACCOUNTS) as n;
    insert into commits
        select base + 1, base + 3, '2026-01-02'::timestamptz + (n / 4) * interval '1 ms', gen_random_uuid(),
            gen_random_uuid(), gen_random_uuid(), decode(md5(n::text), 'hex'), 'm'
        from made order by n;
    insert into events (position, version, stream_id, schema_version, type, payload)
        select 2 * n - 1, 1, md5('account' || n)::uuid, 1, 'AccountOpened',
            json_build_object('holder', json_build_object('kind', 'member', 'owner', md5('owner' || n)::uuid,
                'number', lpad((n * 100 + 98 - (n * 100) % 97)::text, 12, '0')), 'asset', 'KRW')
        from generate_series(1::bigint, $ACCOUNTS) as n order by n;
    insert into events (position, version, stream_id, schema_version, type, payload)
        select 2 * n, 1, md5('number' || n)::uuid, 1, 'AccountNumberAssigned',
            json_build_object('account', md5('account' || n)::uuid)
        from generate_series(1::bigint, $ACCOUNTS) as n order by n;
    insert into events (position, version, stream_id, schema_version, type, payload)
        select * from (
            select base + 1 as position, 1, transfer, 1, 'TransferPosted',
                json_build_object('kind', 'transfer', 'source', md5('account' || source)::uuid,
                    'destination', md5('account' || destination)::uuid, 'asset', 'KRW', 'amount', (n % 900 + 100)::text)
            from made
            union all
            select position, version, account_id, 1, case side when 'debit' then 'AccountDebited' else 'AccountCredited' end,
                json_build_object('transfer', ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                    'amount', (n % 900 + 100)::text, 'balance', (1000000 + n % 5000)::text)
            from moved
        ) as events order by position;
    update log_head set position = 2 * $ACCOUNTS + 3 * $TRANSFERS, recorded_at = clock_timestamp();
    commit;
    analyze commits;
    analyze events;
"#;
