//! Measures the append: transfers a second, what one costs Postgres, and what it takes on disk.
//!
//! `measure_append URL [COMMITS_PER_APPEND [APPENDS]]` fills the log of that database, which should be a fresh one. The time
//! of the one backend that works is read from `/proc`, so the server must run on this machine.

use std::time::{Duration, Instant};

use database::Pool;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::{Actor, CommandId, CorrelationId, Ids, MemberId, RandomIds, Role, StreamId, Version};
use log::{Append, Fingerprint, NewCommit, NewEvent, ReadCommits, ReadHead};

const ACCOUNTS: usize = 20_000;

/// Accounts and the versions of their streams.
struct Accounts(Vec<(StreamId, i64)>);

impl Accounts {
    fn new() -> Self {
        Self((0..ACCOUNTS).map(|_| (StreamId::new(RandomIds.fresh()), 0)).collect())
    }

    fn next(&mut self, number: usize) -> (StreamId, Version) {
        let account = &mut self.0[number % ACCOUNTS];
        account.1 += 1;
        (account.0, Version::new(account.1))
    }

    /// What a transfer between two accounts writes, to the byte.
    fn transfer(&mut self) -> NewCommit {
        let transfer = RandomIds.fresh();
        let number = RandomIds.digits() as usize;
        let (source, destination) = (self.next(number), self.next(number / 7 + 1));
        let posting = format!(r#"{{"transfer":"{transfer}","amount":"12500","balance":"1234567"}}"#);
        let facts = format!(
            r#"{{"kind":"transfer","legs":[{{"account":"{}","asset":"KRW","amount":"-12500"}},{{"account":"{}","asset":"KRW","amount":"12500"}}],"memo":"rent"}}"#,
            source.0, destination.0
        );
        let event = |(stream, version), event_type, payload| NewEvent {
            stream,
            version,
            event_type,
            schema_version: if event_type == "TransferPosted" { 2 } else { 1 },
            payload,
            kind: if event_type == "TransferPosted" { "transfer" } else { "account" },
            opens_stream: event_type == "TransferPosted",
            owner: None,
        };
        NewCommit {
            command_id: CommandId::new(uuid_of_a_key()),
            fingerprint: Fingerprint(*uuid_of_a_key().as_bytes()),
            actor: Actor { role: Role::Member, id: MemberId::new(RandomIds.fresh()) },
            correlation: CorrelationId::new(RandomIds.fresh()),
            events: vec![
                event((StreamId::new(transfer), Version::new(1)), "TransferPosted", facts),
                event(source, "AccountDebited", posting.clone()),
                event(destination, "AccountCredited", posting),
            ],
        }
    }
}

/// Command ids are digests: they fall anywhere in the index.
fn uuid_of_a_key() -> uuid::Uuid {
    uuid::Uuid::from_u64_pair(RandomIds.digits().wrapping_mul(0x9e37_79b9_7f4a_7c15), RandomIds.fresh().as_u64_pair().1)
}

/// The processor time of a backend; the kernel counts it in hundredths of a second.
fn cpu(pid: i32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let ticks: u64 = stat.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

async fn bytes_of_each_relation(pool: &Pool) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select relname::text, pg_relation_size(oid) from pg_class
         where relname in ('events', 'events_pkey', 'events_stream_id_version_key',
             'commits', 'commits_pkey', 'commits_command_id_key') order by 1",
    )
    .fetch_all(pool)
    .await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |index: usize, default: usize| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let url = arguments.get(1).ok_or("the URL of a fresh log database is missing")?;
    let (batch, appends) = (number(2, 256)?, number(3, 200)?);
    let pool = connect(url, &PoolOptions::log("measure", 1))?;
    let log = PostgresLog::new(pool.clone());
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&pool).await?;

    let mut accounts = Accounts::new();
    let (mut spent, mut best, before) = (Duration::ZERO, Duration::MAX, cpu(pid));
    for _ in 0..appends {
        let commits: Vec<NewCommit> = (0..batch).map(|_| accounts.transfer()).collect();
        let began = Instant::now();
        log.append(&commits).await?;
        spent += began.elapsed();
        best = best.min(began.elapsed());
    }
    let transfers = (batch * appends) as f64;
    println!("{batch} transfers in an append, {appends} appends");
    println!(
        "  {:.0} transfers/s while appending; one append {:.2} ms, the best {:.2} ms",
        transfers / spent.as_secs_f64(),
        spent.as_secs_f64() * 1e3 / appends as f64,
        best.as_secs_f64() * 1e3
    );
    println!("  {:.1} us of Postgres for a transfer", (cpu(pid) - before).as_secs_f64() * 1e6 / transfers);
    read_out(&log, pid).await?;

    let sizes = bytes_of_each_relation(&pool).await?;
    let all: i64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    println!("  {:.0} bytes on disk for a transfer", all as f64 / transfers);
    for (name, bytes) in sizes {
        println!("    {name:30} {:6.0}", bytes as f64 / transfers);
    }
    Ok(())
}

async fn read_out(log: &PostgresLog, pid: i32) -> Result<(), Box<dyn std::error::Error>> {
    let head = log.head().await?.position;
    let (began, before, mut position) = (Instant::now(), cpu(pid), kernel::Position::ZERO);
    while position < head {
        let commits = log.read_commits(position, 2_000).await?;
        position = commits.last().ok_or("the log ends before its head")?.last();
    }
    let events = head.number() as f64;
    println!(
        "  {:.0} events/s read back; {:.2} us of Postgres for an event",
        events / began.elapsed().as_secs_f64(),
        (cpu(pid) - before).as_secs_f64() * 1e6 / events
    );
    Ok(())
}
