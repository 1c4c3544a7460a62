//! Clients that read for as long as they are let, each with its newest token, and remember how far anybody has seen each view.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::oneshot,
    task::LocalSet,
    time::{Instant, sleep_until},
};

use super::{Connection, Fleet, Request};

/// Every so many steps a client pays somebody, and has a new token.
const STEPS_A_TOKEN: u64 = 8;
/// Every payment moves the same.
const AMOUNT: u16 = 101;
/// The number of failures that are reported.
const NOTES: usize = 8;

/// Who reads.
#[derive(Clone, Debug)]
pub struct ReadersPlan {
    /// Where transfers are posted.
    pub command: SocketAddr,
    /// Where everything is read.
    pub query: SocketAddr,
    /// How many clients, each with a connection of its own to both.
    pub clients: usize,
    /// Reads and payments a second of all of them together, whatever the answers do.
    pub per_second: f64,
    /// A token of the staff, for what only they read.
    pub operator: String,
    /// Different for each run on one log.
    pub run: u32,
}

/// What one client reads in turn: together all views.
const ROUTES: [&str; 6] = ["accounts", "transactions", "transfers", "wallet", "overview", "top_movers"];

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Readings {
    /// Every read: when it was due, and how long after that it was answered.
    #[serde(skip)]
    pub reads: Vec<(Duration, Duration)>,
    /// Not answered, or answered with neither 200 nor `view-behind`.
    pub failed: u64,
    /// Older than the token: by status, by `View-Position` or by what was shown.
    pub stale: u64,
    /// Without what is known to be there.
    pub empty: u64,
    /// With a `View-Position` below one that somebody had been answered before it was sent.
    pub backward: u64,
    /// The first few of these.
    pub notes: Vec<String>,
    /// Payments answered 201.
    pub posted: u64,
    /// Payments answered anything else.
    pub refused: u64,
}

impl Readings {
    /// How many reads were not as they should be.
    pub fn wrong(&self) -> u64 {
        self.failed + self.stale + self.empty + self.backward
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < NOTES {
            self.notes.push(text);
        }
    }
}

/// Readers at work, on a thread of their own.
#[derive(Debug)]
pub struct Readers {
    stop: Arc<AtomicBool>,
    found: oneshot::Receiver<anyhow::Result<Readings>>,
    /// What the times of reads are counted from.
    pub began: Instant,
}

impl Readers {
    /// Starts them.
    pub fn start(plan: ReadersPlan, fleet: Arc<Fleet>) -> anyhow::Result<Self> {
        ensure!(plan.clients <= fleet.accounts.len(), "each client needs an account of its own");
        let stop = Arc::new(AtomicBool::new(false));
        let (send, found) = oneshot::channel();
        let (flag, began) = (stop.clone(), Instant::now());
        std::thread::Builder::new()
            .name("readers".to_owned())
            .spawn(move || drop(send.send(read_here(&plan, &fleet, &flag, began))))
            .context("starting the readers' thread")?;
        Ok(Self { stop, found, began })
    }

    /// Lets them finish what is under way, and returns what they found.
    pub async fn stop(self) -> anyhow::Result<Readings> {
        self.stop.store(true, Ordering::Relaxed);
        self.found.await.context("the readers' thread died")?
    }
}

/// What the clients share; one thread, so cells.
struct Shared {
    plan: ReadersPlan,
    fleet: Arc<Fleet>,
    /// The highest position that anybody was answered, by route.
    highest: [Cell<i64>; ROUTES.len()],
    found: RefCell<Readings>,
}

fn read_here(
    plan: &ReadersPlan,
    fleet: &Arc<Fleet>,
    stop: &Arc<AtomicBool>,
    began: Instant,
) -> anyhow::Result<Readings> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let (plan, fleet) = (plan.clone(), fleet.clone());
    let shared = Rc::new(Shared { plan, fleet, highest: Default::default(), found: RefCell::default() });
    let tasks = LocalSet::new();
    let clients =
        (0..shared.plan.clients).map(|client| tasks.spawn_local(read(shared.clone(), client, stop.clone(), began)));
    let clients: Vec<_> = clients.collect();
    for ended in runtime.block_on(tasks.run_until(futures::future::join_all(clients))) {
        ended.context("a reader died")?;
    }
    Ok(shared.found.take())
}

/// One client, from its first payment to the end.
async fn read(shared: Rc<Shared>, client: usize, stop: Arc<AtomicBool>, began: Instant) {
    let ReadersPlan { command, query, clients, per_second, .. } = shared.plan;
    let (command, query) = (Connection::to(command), Connection::to(query));
    let mut client = Client { shared, number: client, command, query, paid: None };
    let pause = clients as f64 / per_second;
    let mut step = 0_u64;
    loop {
        let due = Duration::from_secs_f64(pause * (step as f64 + client.number as f64 / clients as f64));
        sleep_until(began + due).await;
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if step.is_multiple_of(STEPS_A_TOKEN) || client.paid.is_none() {
            client.pay(step).await;
        } else {
            let route = (step as usize + client.number) % ROUTES.len();
            client.read(route, began, due).await;
        }
        step += 1;
    }
}

struct Client {
    shared: Rc<Shared>,
    number: usize,
    command: Connection,
    query: Connection,
    paid: Option<Paid>,
}

/// The newest payment of a client.
struct Paid {
    token: String,
    transfer: String,
    position: i64,
    /// The version of the client's account after it.
    version: i64,
}

#[derive(Deserialize)]
struct Posted {
    transfer_id: String,
    position: i64,
    postings: Vec<Versioned>,
}

#[derive(Deserialize)]
struct Versioned {
    version: Option<i64>,
}

#[derive(Deserialize)]
struct Listed {
    items: Vec<Versioned>,
}

impl Client {
    async fn pay(&mut self, step: u64) {
        let accounts = &self.shared.fleet.accounts;
        let payee = (self.number + 1 + step as usize % (accounts.len() - 1)) % accounts.len();
        let template = &self.shared.fleet.templates[accounts[self.number].owner];
        let key = (self.shared.plan.run, (self.number as u64) << 32 | step);
        let (source, destination) = (&accounts[self.number].text, &accounts[payee].text);
        let reply = self.command.exchange(|out| template.write(out, key, source, destination, AMOUNT)).await;
        let paid = match reply {
            Ok(reply) if reply.status == 201 => paid(reply.header("consistency-token"), reply.body),
            Ok(reply) => Err(format!("paying was answered {}", reply.status)),
            Err(error) => Err(format!("paying: {error}")),
        };
        let mut found = self.shared.found.borrow_mut();
        match paid {
            Ok(paid) => {
                found.posted += 1;
                self.paid = Some(paid);
            }
            Err(what) => {
                found.refused += 1;
                found.note(what);
            }
        }
    }

    async fn read(&mut self, route: usize, began: Instant, due: Duration) {
        let Some(paid) = &self.paid else { return };
        let account = self.shared.fleet.accounts[self.number].id;
        let path = match ROUTES[route] {
            "accounts" => format!("/v1/accounts/{account}"),
            "transactions" => format!("/v1/accounts/{account}/transactions?limit=1"),
            "transfers" => format!("/v1/transfers/{}", paid.transfer),
            "wallet" => "/v1/wallet/home".to_owned(),
            "overview" => "/v1/dashboard/overview".to_owned(),
            _ => "/v1/dashboard/top-movers?asset=KRW&limit=1".to_owned(),
        };
        let staff = matches!(ROUTES[route], "overview" | "top_movers");
        let token = if staff { self.shared.plan.operator.as_str() } else { self.shared.fleet.owner_token(self.number) };
        let headers = [("consistency-token", paid.token.as_str()), ("prefer", "wait=5")];
        let request = Request { method: "GET", path: &path, token, headers: &headers, body: "", content_type: "" };
        let highest = &self.shared.highest[route];
        let before = highest.get();
        let reply = self.query.send(&request).await;
        let took = (began + due).elapsed();
        let found = &mut *self.shared.found.borrow_mut();
        found.reads.push((due, took));
        let reply = match reply {
            Ok(reply) if reply.status == 200 => reply,
            Ok(reply) => {
                let body = String::from_utf8_lossy(reply.body);
                if body.contains("view-behind") {
                    found.stale += 1
                } else {
                    found.failed += 1
                }
                return found.note(format!("{due:?} GET {path}: {} {body}", reply.status));
            }
            Err(error) => {
                found.failed += 1;
                return found.note(format!("{due:?} GET {path}: {error}"));
            }
        };
        let position = reply.header("view-position").and_then(|text| text.parse().ok()).unwrap_or(-1);
        let shown = shown(ROUTES[route], reply.body);
        if position < before {
            found.backward += 1;
            found.note(format!("{due:?} GET {path}: back from {before} to {position}"));
        }
        highest.set(highest.get().max(position));
        match shown {
            None => {
                found.empty += 1;
                found.note(format!("{due:?} GET {path}: {}", String::from_utf8_lossy(reply.body)));
            }
            Some(version) if position < paid.position || version < paid.version => {
                found.stale += 1;
                found.note(format!("{due:?} GET {path}: {position}, version {version} after {}", paid.position));
            }
            Some(_) => {}
        }
    }
}

fn paid(token: Option<&str>, body: &[u8]) -> Result<Paid, String> {
    let token = token.ok_or("no consistency token")?.to_owned();
    let Posted { transfer_id: transfer, position, postings } =
        serde_json::from_slice(body).map_err(|error| format!("an answer that cannot be read: {error}"))?;
    let version = postings.first().and_then(|posting| posting.version).ok_or("no version of the payer's account")?;
    Ok(Paid { token, transfer, position, version })
}

/// The version of the client's account that an answer shows, as far as it shows one; none if what must be there is not.
fn shown(route: &str, body: &[u8]) -> Option<i64> {
    let holds = |text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    match route {
        "accounts" => serde_json::from_slice::<Versioned>(body).ok()?.version,
        "transactions" => serde_json::from_slice::<Listed>(body).ok()?.items.first()?.version,
        "overview" => holds("\"KRW\"").then_some(i64::MAX),
        "transfers" => holds("\"transfer_id\"").then_some(i64::MAX),
        _ => holds("\"account_id\"").then_some(i64::MAX),
    }
}
