//! Closed and open loops.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::{
    sync::oneshot,
    task::LocalSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Connection, Fleet, Latencies, Report, ThreadCpu, Workload,
    report::{histogram, record},
    template::AMOUNTS,
};

/// How fast to send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Each connection sends its next request when the last is answered.
    Closed,
    /// So many requests a second over all connections, whatever the answers do.
    Open(f64),
}

/// Which of several command servers a transfer goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// Each connection belongs to one server, and carries whatever comes: a load balancer that looks at nothing.
    Any,
    /// To the server that the payer's account hashes to: a load balancer that looks at the account.
    ByPayer,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Load {
    /// The command servers; connections are dealt out in turn.
    pub servers: Vec<SocketAddr>,
    /// How transfers are dealt out to the servers.
    pub routing: Routing,
    /// How many connections.
    pub connections: usize,
    /// How fast.
    pub pace: Pace,
    /// Who pays whom.
    pub workload: Workload,
    /// Sent, but not measured, before the measured time.
    pub warm_up: Duration,
    /// How long is measured.
    pub measure: Duration,
    /// Different for each run on one log: keys begin with it.
    pub run: u32,
}

impl Load {
    /// Runs to its end, on a thread of its own.
    pub async fn run(self, fleet: Arc<Fleet>) -> anyhow::Result<Report> {
        let (send, receive) = oneshot::channel();
        std::thread::Builder::new()
            .name("load".to_owned())
            .spawn(move || drop(send.send(run_here(self, &fleet))))
            .context("starting the load thread")?;
        receive.await.context("the load thread died")?
    }
}

/// What the connections share; one thread, so cells.
struct Shared {
    load: Load,
    fleet: Arc<Fleet>,
    random: RefCell<SmallRng>,
    next: Cell<u64>,
    measure_from: Instant,
    end: Instant,
    tally: RefCell<Tally>,
}

struct Tally {
    latency: Histogram<u64>,
    posted_in_time: u64,
    statuses: BTreeMap<u16, u64>,
    problems: BTreeMap<String, u64>,
    unanswered: u64,
    unexpected: Vec<String>,
    moved: Vec<i64>,
}

fn run_here(load: Load, fleet: &Arc<Fleet>) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let cpu = ThreadCpu::start();
    let measured = load.measure;
    let connections = runtime.block_on(connect(&load))?;
    let begin = Instant::now();
    let tally = Tally {
        latency: histogram(),
        posted_in_time: 0,
        statuses: BTreeMap::new(),
        problems: BTreeMap::new(),
        unanswered: 0,
        unexpected: Vec::new(),
        moved: vec![0; fleet.accounts.len()],
    };
    let shared = Rc::new(Shared {
        random: RefCell::new(SmallRng::seed_from_u64(u64::from(load.run))),
        next: Cell::new(0),
        measure_from: begin + load.warm_up,
        end: begin + load.warm_up + load.measure,
        fleet: fleet.clone(),
        tally: RefCell::new(tally),
        load,
    });
    let tasks = LocalSet::new();
    for (worker, connections) in connections.into_iter().enumerate() {
        tasks.spawn_local(work(shared.clone(), worker, connections, begin));
    }
    runtime.block_on(tasks);
    let generator_cpu = cpu.share();
    let shared = Rc::into_inner(shared).context("a load task outlived its run")?;
    let tally = shared.tally.into_inner();
    Ok(Report {
        measured,
        posted_in_time: tally.posted_in_time,
        per_second: tally.posted_in_time as f64 / measured.as_secs_f64(),
        latency: Latencies::of(&tally.latency),
        statuses: tally.statuses,
        problems: tally.problems,
        unanswered: tally.unanswered,
        generator_cpu,
        unexpected: tally.unexpected,
        moved: tally.moved,
    })
}

/// The connections of every worker: one to each server, for under `ByPayer` it may need any. Opened one after the other, before
/// anything is measured: how fast a server takes a burst of new connections is another question.
async fn connect(load: &Load) -> anyhow::Result<Vec<Vec<Connection>>> {
    let mut all = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        let mut connections: Vec<_> = load.servers.iter().map(|address| Connection::to(*address)).collect();
        for connection in &mut connections {
            connection.open().await.context("connecting to a command server")?;
        }
        all.push(connections);
    }
    Ok(all)
}

async fn work(shared: Rc<Shared>, worker: usize, mut connections: Vec<Connection>, begin: Instant) {
    let servers = shared.load.servers.len();
    loop {
        let number = shared.next.replace(shared.next.get() + 1);
        let due = match shared.load.pace {
            Pace::Closed => Instant::now(),
            Pace::Open(rate) => begin + Duration::from_secs_f64(number as f64 / rate),
        };
        if due >= shared.end {
            return;
        }
        if shared.load.pace != Pace::Closed {
            sleep_until(due).await;
        }
        let (payer, payee, amount) = shared.pick();
        let server = match shared.load.routing {
            Routing::Any => worker % servers,
            Routing::ByPayer => payer % servers,
        };
        let accounts = &shared.fleet.accounts;
        let template = &shared.fleet.templates[accounts[payer].owner];
        let key = (shared.load.run, number);
        let answered = connections[server]
            .exchange(|out| template.write(out, key, &accounts[payer].text, &accounts[payee].text, amount))
            .await;
        let now = Instant::now();
        let answered = answered.map(|reply| (reply.status, reply.body));
        let broken = shared.count((payer, payee, amount), answered, now, now - due);
        if broken {
            // A server that is gone would otherwise get requests as fast as the machine can send.
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Shared {
    fn pick(&self) -> (usize, usize, u16) {
        let mut random = self.random.borrow_mut();
        let (payer, payee) = self.load.workload.pick(&mut random, self.fleet.accounts.len());
        (payer, payee, random.random_range(AMOUNTS))
    }

    /// Counts one answer; whether the connection broke.
    fn count(
        &self,
        (payer, payee, amount): (usize, usize, u16),
        answered: std::io::Result<(u16, &[u8])>,
        now: Instant,
        latency: Duration,
    ) -> bool {
        let tally = &mut *self.tally.borrow_mut();
        let in_time = now >= self.measure_from && now < self.end;
        let (status, body) = match answered {
            Ok(answered) => answered,
            Err(error) => {
                tally.unanswered += 1;
                tally.note(|| error.to_string());
                return true;
            }
        };
        *tally.statuses.entry(status).or_default() += 1;
        if in_time {
            record(&mut tally.latency, latency);
        }
        if status == 201 {
            tally.posted_in_time += u64::from(in_time);
            tally.moved[payer] -= i64::from(amount);
            tally.moved[payee] += i64::from(amount);
        } else {
            let problem = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
            *tally.problems.entry(problem["code"].as_str().unwrap_or("none").to_owned()).or_default() += 1;
            tally.note(|| format!("{status} {}", String::from_utf8_lossy(body)));
        }
        false
    }
}

impl Tally {
    fn note(&mut self, text: impl FnOnce() -> String) {
        if self.unexpected.len() < 5 {
            self.unexpected.push(text());
        }
    }
}
