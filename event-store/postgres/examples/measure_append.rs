//! Measures the log: what a transfer costs Postgres and this process, its WAL, its bytes on disk, and reading.
//!
//! `measure_append URL [name=value ..]` writes into the log of that database, which should be a fresh one:
//! - `fill`: transfers that are written before anything is measured;
//! - `batch`: transfers in an append; `appends`: appends that are measured;
//! - `accounts`: among so many accounts; `ids`: command ids `ordered` by time or `random`;
//! - `state_every`: with `rows`, the state of an account goes with an append after so many events; 0: never.
//!
//! The time of the one backend that works is read from `/proc`, so the server must run on this machine.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use database::Pool;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::{Actor, CommandId, CorrelationId, Ids, MemberId, Position, RandomIds, Role, StreamId, Version};
use log::{
    Append, Appended, Basis, Fingerprint, FromVersion, HeldStream, NewCommit, NewEvent, ReadCommits, ReadStreams,
    Snapshot,
};

/// What is needed of either log.
trait Log: Append + ReadCommits + ReadStreams {}
impl<T: Append + ReadCommits + ReadStreams> Log for T {}

type Failure = Box<dyn std::error::Error>;

struct Account {
    stream: StreamId,
    version: i64,
    newest: Position,
}

/// Accounts, and what a writer holds of them.
struct Accounts {
    accounts: Vec<Account>,
    places: HashMap<StreamId, usize>,
    ids_are_ordered: bool,
    state_every: i64,
    seed: u64,
}

impl Accounts {
    fn random(&mut self) -> u64 {
        // xorshift: the same transfers in every run.
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }

    fn pair(&mut self) -> (usize, usize) {
        let count = self.accounts.len() as u64;
        let source = self.random() % count;
        let other = (source + 1 + self.random() % (count - 1)) % count;
        (source as usize, other as usize)
    }

    fn command_id(&mut self) -> uuid::Uuid {
        if self.ids_are_ordered { RandomIds.fresh() } else { uuid::Uuid::from_u64_pair(self.random(), self.random()) }
    }

    /// What a transfer between two accounts writes, to the byte.
    fn transfer(&mut self, changed: &mut HashMap<usize, i64>) -> NewCommit {
        let command = self.command_id();
        let (source, destination) = self.pair();
        let mut next = |index: usize| {
            let account = &mut self.accounts[index];
            changed.entry(index).or_insert(account.version);
            account.version += 1;
            (account.stream, Version::new(account.version))
        };
        let (source, destination) = (next(source), next(destination));
        let posting = format!(r#"{{"transfer":"{command}","amount":"12500","balance":"1234567"}}"#);
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
            command_id: CommandId::new(command),
            fingerprint: Fingerprint(*RandomIds.fresh().as_bytes()),
            actor: Actor { role: Role::Member, id: MemberId::new(RandomIds.fresh()) },
            correlation: CorrelationId::new(RandomIds.fresh()),
            events: vec![
                event((StreamId::new(command), Version::new(1)), "TransferPosted", facts),
                event(source, "AccountDebited", posting.clone()),
                event(destination, "AccountCredited", posting),
            ],
        }
    }

    /// An append, with what is held of the accounts in it.
    fn batch(&mut self, size: usize) -> (Vec<NewCommit>, Vec<HeldStream>) {
        let mut changed = HashMap::new();
        let commits: Vec<NewCommit> = (0..size).map(|_| self.transfer(&mut changed)).collect();
        let held = changed.into_iter().map(|(index, before)| {
            let account = &self.accounts[index];
            let passed = self.state_every > 0 && account.version / self.state_every > before / self.state_every;
            HeldStream {
                stream: account.stream,
                newest: account.newest,
                has_row: account.newest > Position::ZERO,
                state: passed.then(|| state(account)),
            }
        });
        let held = held.collect();
        (commits, held)
    }

    fn written(&mut self, appended: Appended, commits: &[NewCommit]) {
        for (index, commit) in commits.iter().enumerate() {
            for event in &commit.events[1..] {
                let account = self.places[&event.stream];
                self.accounts[account].newest = appended.first.plus(3 * index as i64);
            }
        }
    }

    async fn append(&mut self, log: &dyn Log, size: usize) -> Result<Duration, Failure> {
        let (commits, held) = self.batch(size);
        let began = Instant::now();
        let appended = log.append_after(Basis::NONE, &commits, &held).await?;
        let spent = began.elapsed();
        self.written(appended, &commits);
        Ok(spent)
    }
}

/// As large as the state of an account is.
fn state(account: &Account) -> Snapshot {
    let state = format!(
        r#"{{"holder":{{"type":"member","owner":"{}","number":"000012345678"}},"asset":"KRW","balance":"1234567","status":"open"}}"#,
        account.stream
    );
    Snapshot { stream: account.stream, version: Version::new(account.version), state_schema: 1, state }
}

/// The processor time of a process in nanoseconds.
fn cpu(pid: i32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|field| field.parse().ok()).unwrap_or_default())
}

fn micros(spent: Duration, count: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / count as f64
}

async fn wal(pool: &Pool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8").fetch_one(pool).await
}

async fn bytes_of_each_relation(pool: &Pool) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select relname::text, pg_relation_size(oid) from pg_class
         where (relname ~ '^(events|commits|log_commits|log_commands|log_streams)') and relkind in ('r', 'i')
             and pg_relation_size(oid) > 8192
         order by 1",
    )
    .fetch_all(pool)
    .await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let url = arguments.get(1).ok_or("the URL of a fresh log database is missing")?;
    let text = |name: &str, default: &str| {
        let given = arguments.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='));
        given.unwrap_or(default).to_owned()
    };
    let number = |name: &str, default: &str| text(name, default).parse::<usize>();
    let (fill, batch, appends) = (number("fill", "0")?, number("batch", "128")?, number("appends", "500")?);
    let pool = connect(url, &PoolOptions::log("measure", 1))?;
    let log: Box<dyn Log> = Box::new(PostgresLog::new(pool.clone()));
    let fresh = |_| Account { stream: StreamId::new(RandomIds.fresh()), version: 0, newest: Position::ZERO };
    let all: Vec<Account> = (0..number("accounts", "100000")?).map(fresh).collect();
    let mut accounts = Accounts {
        places: all.iter().enumerate().map(|(index, account)| (account.stream, index)).collect(),
        accounts: all,
        ids_are_ordered: text("ids", "ordered") == "ordered",
        state_every: number("state_every", "1")? as i64,
        seed: 0x9e37_79b9_7f4a_7c15,
    };
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&pool).await?;
    for _ in 0..fill.div_ceil(1024) {
        accounts.append(log.as_ref(), 1024).await?;
    }
    if fill > 0 {
        sqlx::raw_sql("vacuum analyze").execute(&pool).await?;
    }
    sqlx::raw_sql("checkpoint").execute(&pool).await?;

    let own = std::process::id() as i32;
    let (mut spent, mut own_spent, mut best) = (Duration::ZERO, Duration::ZERO, Duration::MAX);
    let (before, wal_before) = (cpu(pid), wal(&pool).await?);
    for _ in 0..appends {
        let (commits, held) = accounts.batch(batch);
        let (began, own_began) = (Instant::now(), cpu(own));
        let appended = log.append_after(Basis::NONE, &commits, &held).await?;
        let one = began.elapsed();
        own_spent += cpu(own) - own_began;
        accounts.written(appended, &commits);
        spent += one;
        best = best.min(one);
    }
    let transfers = batch * appends;
    println!("{}", arguments[2..].join(" "));
    println!(
        "  {:.1} us of Postgres for a transfer, {:.1} us of this process; {:.0} bytes of WAL",
        micros(cpu(pid) - before, transfers),
        micros(own_spent, transfers),
        (wal(&pool).await? - wal_before) as f64 / transfers as f64
    );
    println!(
        "  one append {:.2} ms, the best {:.2} ms; {:.0} transfers/s while appending",
        spent.as_secs_f64() * 1e3 / appends as f64,
        best.as_secs_f64() * 1e3,
        transfers as f64 / spent.as_secs_f64()
    );
    load(log.as_ref(), &accounts, pid).await?;
    read_out(log.as_ref(), pid).await?;

    let all = fill.div_ceil(1024) * 1024 + transfers;
    let sizes = bytes_of_each_relation(&pool).await?;
    println!(
        "  {:.0} bytes on disk for a transfer",
        sizes.iter().map(|(_, bytes)| bytes).sum::<i64>() as f64 / all as f64
    );
    for (name, bytes) in sizes {
        println!("    {name:40} {:6.0}", bytes as f64 / all as f64);
    }
    Ok(())
}

/// A server that has just started reads a thousand accounts, a hundred at a time.
async fn load(log: &dyn Log, accounts: &Accounts, pid: i32) -> Result<(), Failure> {
    let there: Vec<&Account> = accounts.accounts.iter().filter(|account| account.version > 0).collect();
    let step = (there.len() / 1_000).max(1);
    let chosen: Vec<_> = there.iter().step_by(step).take(1_000).collect();
    let (began, before, mut events) = (Instant::now(), cpu(pid), 0);
    for some in chosen.chunks(100) {
        let from = FromVersion::Snapshot { state_schema: 1 };
        let asked: Vec<_> = some.iter().map(|account| (account.stream, from)).collect();
        events += log.read_streams(&asked).await?.iter().map(|read| read.events.len()).sum::<usize>();
    }
    println!(
        "  {} streams loaded: {:.0} us each, {:.0} us of Postgres; {events} events",
        chosen.len(),
        micros(began.elapsed(), chosen.len()),
        micros(cpu(pid) - before, chosen.len())
    );
    Ok(())
}

/// Reads up to a million events in order.
async fn read_out(log: &dyn Log, pid: i32) -> Result<(), Failure> {
    let (began, before, mut position) = (Instant::now(), cpu(pid), Position::ZERO);
    let end = log.head().await?.position.min(Position::new(999_000));
    while position < end {
        let commits = log.read_commits(position, 2_000).await?;
        position = commits.last().ok_or("the log ends before its head")?.last();
    }
    let events = position.number() as f64;
    println!(
        "  {:.0} events/s read back; {:.2} us of Postgres for an event",
        events / began.elapsed().as_secs_f64(),
        (cpu(pid) - before).as_secs_f64() * 1e6 / events
    );
    Ok(())
}
