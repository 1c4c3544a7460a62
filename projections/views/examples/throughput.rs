//! What the views cost: a made-up log of transfers, applied as fast as it goes, and at a given rate.
//!
//! `JANGBU_TEST_POSTGRES_URL=... cargo run --release -p views --example throughput -- [transfers] [accounts] [transfers/s] [rate]`
//! With `rate` only the last measurement is made: all views at that rate.
//! The server must run on this machine: the processor time of its processes is read from `/proc`.

use std::{
    error::Error,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta};
use events::recorded::{
    self, AccountCredited, AccountDebited, AccountOpened, Holder, Legs, TransferKind, TransferPosted,
};
use kernel::{
    AccountId, AccountNumber, Actor, CommandId, CorrelationId, LogId, MemberId, Minor, Money, Position, Role, StreamId,
    TransferId, Version,
};
use log::{Commit, Event, Fingerprint};
use projection_engine::{
    Settings, Slice, ensure,
    testing::{MemoryLog, Random, Scratch, Worker},
};
use serde_json::value::RawValue;
use uuid::Uuid;
use views::{Decoder, View};

type Any<T> = Result<T, Box<dyn Error>>;

/// Commits that travel together, as a busy relay sends them.
const COMMITS_PER_SLICE: usize = 160;

#[tokio::main(worker_threads = 2)]
async fn main() -> Any<()> {
    let arguments: Vec<usize> = std::env::args().skip(1).take(3).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let only_at_rate = std::env::args().nth(4).is_some_and(|word| word == "rate");
    let argument = |i: usize, default| arguments.get(i).copied().unwrap_or(default);
    let (transfers, accounts, rate) = (argument(0, 100_000), argument(1, 10_000), argument(2, 10_000));
    let bank = Bank::new(transfers, accounts)?;
    println!("{transfers} transfers ({} events) over {accounts} accounts", bank.end.number());

    let began = (Instant::now(), cpu("self"));
    let slices = bank.decode()?;
    let events = bank.end.number() as f64;
    println!(
        "decode, once for all views: {:>9.0} events/s, {:.2} us of processor each",
        events / began.0.elapsed().as_secs_f64(),
        (cpu("self") - began.1) / events * 1e6
    );
    if !only_at_rate {
        for view in views::all() {
            let name = view.name();
            measure(name, vec![view], &bank, &slices, None).await?;
        }
        measure("all views", views::all(), &bank, &slices, None).await?;
    }
    measure(&format!("all views at {rate} transfers/s"), views::all(), &bank, &slices, Some(rate as f64)).await
}

/// Applies the slices with these views, and tells what it took.
async fn measure(
    what: &str,
    views: Vec<View>,
    bank: &Bank,
    slices: &[Arc<Slice<recorded::Event>>],
    rate: Option<f64>,
) -> Any<()> {
    let scratch = Scratch::new().await;
    ensure(&scratch.database, &views, kernel::Zone::SEOUL).await?;
    let log = Arc::new(MemoryLog::new(bank.log, bank.commits.clone()));
    let mut workers: Vec<_> = views
        .into_iter()
        .map(|view| Worker::start(view, &scratch.database, log.clone(), Arc::new(Decoder), Settings::default()))
        .collect();
    // The accounts are there before the clock runs.
    for worker in &mut workers {
        worker.deliver(&slices[0]);
        worker.at(slices[0].last()).await;
    }
    let before = (Instant::now(), cpu("self"), postgres(&scratch).await?, Written::read(&scratch).await?);
    for (i, slice) in slices.iter().enumerate().skip(1) {
        if let Some(rate) = rate {
            let due = Duration::from_secs_f64(i as f64 * COMMITS_PER_SLICE as f64 / rate);
            tokio::time::sleep(due.saturating_sub(before.0.elapsed())).await;
        }
        for worker in &workers {
            while !worker.offer(slice) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    for worker in &mut workers {
        worker.at(bank.end).await;
    }
    let seconds = before.0.elapsed().as_secs_f64();
    let after = postgres(&scratch).await?;
    let written = Written::read(&scratch).await?;
    let spent = after.backends.iter().zip(&before.2.backends).map(|((_, after), (_, before))| after - before);
    let spent: Vec<f64> = spent.collect();
    let (own, views, writers) = (cpu("self") - before.1, spent.iter().sum::<f64>(), after.writers - before.2.writers);
    let events = (bank.end.number() - slices[0].last().number()) as f64;
    let transfers = (bank.commits.len() - bank.accounts) as f64;
    let share = |seconds_of_processor: f64| seconds_of_processor / seconds * 100.0;
    println!(
        "{what:<34} {:>8.0} events/s; of a core: projector {:>4.1} %, Postgres' backends {:>4.1} %, its writers {:>4.1} %; \
         {:.2} us for each event",
        events / seconds,
        share(own),
        share(views),
        share(writers),
        (own + views + writers) / events * 1e6
    );
    println!(
        "    for each transfer: backends {:.2} us, projector {:.2} us, WAL {:.0} bytes in {:.2} records; {:.0} transactions/s",
        views / transfers * 1e6,
        own / transfers * 1e6,
        (written.bytes - before.3.bytes) as f64 / transfers,
        (written.records - before.3.records) as f64 / transfers,
        (written.transactions - before.3.transactions) as f64 / seconds
    );
    if spent.len() > 1 {
        for ((name, _), spent) in after.backends.iter().zip(&spent) {
            println!("    {name:<24} {:>6.2} us", spent / transfers * 1e6);
        }
    }
    for worker in workers {
        worker.kill().await;
    }
    scratch.close().await;
    Ok(())
}

struct Bank {
    log: LogId,
    commits: Vec<Commit>,
    accounts: usize,
    end: Position,
}

impl Bank {
    fn new(transfers: usize, accounts: usize) -> Any<Self> {
        let mut random = Random::new(7);
        let mut bank = Self { log: LogId::new(Uuid::from_u128(1)), commits: Vec::new(), accounts, end: Position::ZERO };
        let mut states = Vec::new();
        for i in 0..accounts {
            let id = AccountId::new(Uuid::from_u128(random.bits()));
            let number = AccountNumber::from_digits(i as u64);
            let holder = Holder::Member { owner: MemberId::new(Uuid::from_u128(i as u128)), number };
            bank.commit(i, vec![event(id.into(), 1, AccountOpened { holder, asset: "KRW".parse()? })?]);
            states.push((id, 1_000_000_000_000_i128, 1_i64));
        }
        for i in 0..transfers {
            let (from, to) = (random.below(accounts), random.below(accounts));
            let transfer = TransferId::new(Uuid::from_u128(((i as u128) << 80) | random.bits() >> 48));
            let amount = Minor::new(1 + random.below(10_000) as i128)?;
            let money = Money { asset: "KRW".parse()?, amount };
            let posted = TransferPosted {
                kind: TransferKind::Transfer,
                legs: Legs::between(states[from].0, states[to].0, money),
                memo: Some(format!("lunch {i}")),
                reference: None,
                reverses: None,
                hold: None,
                despite_freeze: false,
                trade: None,
                order: None,
                asked_by: None,
                counted: Vec::new(),
            };
            let mut booked = |at: usize, by: i128| -> Any<(StreamId, i64, Minor)> {
                states[at].1 += by;
                states[at].2 += 1;
                Ok((states[at].0.into(), states[at].2, Minor::new(states[at].1)?))
            };
            let (debit, credit) = (booked(from, -amount.units())?, booked(to, amount.units())?);
            let events = vec![
                event(transfer.into(), 1, posted)?,
                event(debit.0, debit.1, AccountDebited { transfer, amount, balance: debit.2, used: Vec::new() })?,
                event(credit.0, credit.1, AccountCredited { transfer, amount, balance: credit.2, used: Vec::new() })?,
            ];
            // An append of about 100 commits each 10 ms.
            bank.commit(accounts + i / 100, events);
        }
        Ok(bank)
    }

    fn commit(&mut self, tick: usize, events: Vec<Event>) {
        let commit = Commit {
            first: self.end.next(),
            command_id: CommandId::new(Uuid::from_u128(self.end.number() as u128)),
            fingerprint: Fingerprint([0; 16]),
            actor: Actor { role: Role::Member, id: MemberId::new(Uuid::nil()) },
            correlation: CorrelationId::new(Uuid::nil()),
            recorded_at: DateTime::UNIX_EPOCH + TimeDelta::milliseconds(tick as i64 * 10),
            events,
        };
        self.end = commit.last();
        self.commits.push(commit);
    }

    /// From the bytes of slices to what the views are given: the accounts in one slice, then the transfers.
    fn decode(&self) -> Any<Vec<Arc<Slice<recorded::Event>>>> {
        let (accounts, transfers) = self.commits.split_at(self.accounts);
        let chunks = std::iter::once(accounts).chain(transfers.chunks(COMMITS_PER_SLICE));
        let mut after = None;
        let bytes = chunks.map(|commits| {
            let before = std::mem::replace(&mut after, commits.last().map(Commit::reference));
            Ok(log::Slice::new(self.log, before, commits.to_vec())?.encode()?)
        });
        let bytes: Vec<Vec<u8>> = bytes.collect::<Any<_>>()?;
        let began = Instant::now();
        let slices: Any<_> =
            bytes.iter().map(|bytes| Ok(Arc::new(Slice::decode(&log::Slice::decode(bytes)?, &Decoder)))).collect();
        let size: usize = bytes.iter().map(Vec::len).sum();
        println!("from {} bytes in {:.3} s", size, began.elapsed().as_secs_f64());
        slices
    }
}

fn event(stream: StreamId, version: i64, body: impl Into<recorded::Event>) -> Any<Event> {
    let body = body.into();
    Ok(Event {
        stream,
        version: Version::new(version),
        event_type: body.event_type().name.to_owned(),
        schema_version: body.event_type().schema_version,
        payload: RawValue::from_string(body.payload()?)?,
    })
}

/// Processor time of a process so far, in seconds.
fn cpu(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Processor time in seconds: of each of the projector's connections, by name, and of the server's own writers.
struct Postgres {
    backends: Vec<(String, f64)>,
    writers: f64,
}

async fn postgres(scratch: &Scratch) -> Any<Postgres> {
    let backends = "select application_name || ' ' || pid from pg_stat_activity
        where datname = current_database() and application_name like 'projector/%' order by 1";
    let writers = "select pid::text from pg_stat_activity
        where backend_type in ('walwriter', 'checkpointer', 'background writer')";
    let mut found = Vec::new();
    for line in scratch.lines(backends).await {
        let (name, process) = line.split_once(' ').ok_or("no process")?;
        found.push((name.to_owned(), precise_cpu(process)));
    }
    let writers = scratch.lines(writers).await.iter().map(|process| precise_cpu(process)).sum();
    Ok(Postgres { backends: found, writers })
}

/// Processor time of a process of one thread so far, in seconds, as its scheduler counts it: in nanoseconds.
fn precise_cpu(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    stat.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).map_or_else(|| cpu(process), |n| n / 1e9)
}

/// What the server has written so far.
struct Written {
    bytes: i64,
    records: i64,
    /// In this database.
    transactions: i64,
}

impl Written {
    async fn read(scratch: &Scratch) -> Any<Self> {
        // What a backend counts is told a second late.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let sql = "select unnest(array[wal_bytes::bigint, wal_records,
                (select xact_commit from pg_stat_database where datname = current_database())])::text from pg_stat_wal";
        let numbers: Vec<i64> = scratch.lines(sql).await.iter().map(|n| n.parse()).collect::<Result<_, _>>()?;
        let [bytes, records, transactions] = numbers[..] else { return Err("three numbers are missing".into()) };
        Ok(Self { bytes, records, transactions })
    }
}
