//! A flood of log-ins at one command server, for as long as something else is measured.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::Duration,
};

use anyhow::Context;
use hdrhistogram::Histogram;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde::Serialize;
use tokio::{
    sync::oneshot,
    task::LocalSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Connection, Latencies, Request, ThreadCpu,
    report::{histogram, record},
};

/// Where the log-ins say that they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum FloodSource {
    /// All from one address, as of one attacker: the server's throttle has its say.
    OneAddress,
    /// Each from another, as of a botnet: the throttle sees nothing, and every password is verified that finds room in the
    /// queue. The server has to trust `X-Forwarded-For`.
    ManyAddresses,
}

/// A flood.
#[derive(Clone, Debug)]
pub struct LoginFlood {
    /// The command server.
    pub server: SocketAddr,
    /// How many connections; most of them wait for an answer.
    pub connections: usize,
    /// Log-ins a second, if the connections suffice.
    pub rate: f64,
    /// Where they come from.
    pub from: FloodSource,
    /// Login ids and passwords of members.
    pub people: Vec<(String, String)>,
    /// How long.
    pub time: Duration,
    /// Different for each flood.
    pub run: u32,
}

/// How a flood was answered.
#[derive(Clone, Debug, Serialize)]
pub struct FloodAnswers {
    /// Answers a second.
    pub per_second: f64,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests whose connection broke.
    pub unanswered: u64,
    /// From sending to the answer, of those whose password was verified (201 and 401).
    pub verified: Latencies,
    /// The share of one core that the flood's own thread took.
    pub generator_cpu: f64,
}

impl FloodAnswers {
    /// Passwords verified a second: what argon2 was busy with.
    pub fn verified_per_second(&self, time: Duration) -> f64 {
        let verified = [201, 401].iter().filter_map(|status| self.statuses.get(status)).sum::<u64>();
        verified as f64 / time.as_secs_f64()
    }
}

impl LoginFlood {
    /// Runs to its end, on a thread of its own.
    pub async fn run(self) -> anyhow::Result<FloodAnswers> {
        let (send, receive) = oneshot::channel();
        std::thread::Builder::new()
            .name("login-flood".to_owned())
            .spawn(move || drop(send.send(run_here(self))))
            .context("starting the flood's thread")?;
        receive.await.context("the flood's thread died")?
    }
}

struct Shared {
    plan: LoginFlood,
    begin: Instant,
    random: RefCell<SmallRng>,
    next: Cell<u64>,
    statuses: RefCell<BTreeMap<u16, u64>>,
    unanswered: Cell<u64>,
    verified: RefCell<Histogram<u64>>,
}

fn run_here(plan: LoginFlood) -> anyhow::Result<FloodAnswers> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let (cpu, time, connections) = (ThreadCpu::start(), plan.time, plan.connections);
    let shared = Rc::new(Shared {
        random: RefCell::new(SmallRng::seed_from_u64(u64::from(plan.run))),
        begin: Instant::now(),
        next: Cell::new(0),
        statuses: RefCell::default(),
        unanswered: Cell::new(0),
        verified: RefCell::new(histogram()),
        plan,
    });
    let tasks = LocalSet::new();
    for _ in 0..connections {
        tasks.spawn_local(send_log_ins(shared.clone()));
    }
    runtime.block_on(tasks);
    let shared = Rc::into_inner(shared).context("a task of the flood outlived it")?;
    let statuses = shared.statuses.into_inner();
    Ok(FloodAnswers {
        per_second: statuses.values().sum::<u64>() as f64 / time.as_secs_f64(),
        statuses,
        unanswered: shared.unanswered.get(),
        verified: Latencies::of(&shared.verified.into_inner()),
        generator_cpu: cpu.share(),
    })
}

async fn send_log_ins(shared: Rc<Shared>) {
    let mut connection = Connection::to(shared.plan.server);
    loop {
        let number = shared.next.replace(shared.next.get() + 1);
        let due = Duration::from_secs_f64(number as f64 / shared.plan.rate);
        if due >= shared.plan.time || shared.begin.elapsed() >= shared.plan.time {
            return;
        }
        sleep_until(shared.begin + due).await;
        let (body, from) = shared.attempt(number);
        let headers = [("x-forwarded-for", from.as_str())];
        let request = Request {
            method: "POST",
            path: "/v1/sessions",
            token: "",
            headers: &headers,
            body: &body,
            content_type: "",
        };
        let since = Instant::now();
        match connection.send(&request).await.map(|reply| reply.status) {
            Ok(status) => {
                *shared.statuses.borrow_mut().entry(status).or_default() += 1;
                if matches!(status, 201 | 401) {
                    record(&mut shared.verified.borrow_mut(), since.elapsed());
                }
            }
            Err(_) => {
                shared.unanswered.set(shared.unanswered.get() + 1);
                sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

impl Shared {
    /// One of ten knows the password; of the others one half guesses at a member, the other at nobody.
    fn attempt(&self, number: u64) -> (String, String) {
        let mut random = self.random.borrow_mut();
        let person = match self.plan.people.len() {
            0 => None,
            people => Some(&self.plan.people[random.random_range(0..people)]),
        };
        let run = self.plan.run;
        let (login_id, password) = match (number % 10, person) {
            (0, Some((login_id, password))) => (login_id.clone(), password.clone()),
            (n, Some((login_id, _))) if n % 2 == 0 => (login_id.clone(), format!("guess {number} of {run}!")),
            _ => (format!("nobody_{run:x}_{number:x}"), format!("guess {number} of {run}!")),
        };
        let from = match self.plan.from {
            FloodSource::OneAddress => Ipv4Addr::new(192, 0, 2, 1),
            FloodSource::ManyAddresses => Ipv4Addr::from_bits(0x0a00_0000 | random.random_range(0..1 << 24)),
        };
        (format!(r#"{{"login_id":"{login_id}","password":"{password}"}}"#), from.to_string())
    }
}
