//! Clients that send some hundred transfers a second, and keep their keys until they are answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::app::{Answer, TestClient, money};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    bank::People,
    history::{History, Outcome},
};

/// How long a client waits for an answer before it asks the other server.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a client asks once the load has ended.
const LAST_TRIES: u32 = 200;

pub struct Load {
    pub history: Arc<History>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    pub fn start(people: People) -> Self {
        let (history, stop) = (Arc::new(History::default()), Arc::new(AtomicBool::new(false)));
        let accounts = Arc::new(people.accounts);
        let mut clients = JoinSet::new();
        for (number, servers) in people.clients.into_iter().enumerate() {
            let random = SmallRng::seed_from_u64(number as u64);
            let (history, stop, accounts) = (history.clone(), stop.clone(), accounts.clone());
            let (looks, mut wanted) = mpsc::channel(1);
            let looker = Looker { servers: servers.clone(), history: history.clone() };
            let mut client = Client { number, servers, accounts, random, history, stop, looks };
            clients.spawn(async move {
                while let Some(look) = wanted.recv().await {
                    looker.look(look).await;
                }
            });
            clients.spawn(async move {
                for count in 0.. {
                    if client.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    client.transfer(count).await;
                    let pause = client.random.random_range(10..60);
                    sleep(Duration::from_millis(pause)).await;
                }
            });
        }
        Self { history, stop, clients }
    }

    /// Ends the load, each client after its present command.
    pub async fn stop(mut self) -> Arc<History> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        self.history
    }
}

struct Client {
    number: usize,
    /// The same person at both.
    servers: [TestClient; 2],
    accounts: Arc<Vec<Uuid>>,
    random: SmallRng,
    history: Arc<History>,
    stop: Arc<AtomicBool>,
    looks: mpsc::Sender<Look>,
}

/// What is tried out after a command. Whatever waits for a server or a view meanwhile, the next command does not wait for it.
enum Look {
    /// The same under the same key, at this server.
    Again { key: String, body: Value, first: Outcome, server: usize },
    /// Both accounts, with the token of the answer.
    Read(Answer),
}

struct Looker {
    servers: [TestClient; 2],
    history: Arc<History>,
}

impl Client {
    async fn transfer(&mut self, count: usize) {
        let key = format!("fault-{}-{count}", self.number);
        let from = self.random.random_range(0..self.accounts.len());
        let to = (from + self.random.random_range(1..self.accounts.len())) % self.accounts.len();
        // One in ten asks for more than there is.
        let amount: u64 =
            if self.random.random_ratio(1, 10) { 1_000_000_000 } else { self.random.random_range(1..400) };
        let body = json!({
            "source": self.accounts[from], "destination": self.accounts[to], "money": money("KRW", amount), "memo": key,
        });
        let begun = Instant::now();
        self.history.begin(&key, begun);
        let (outcome, server) = self.until_answered(&key, &body).await;
        let answered = Instant::now();
        self.history.end(&key, answered, outcome.clone());
        let look = match outcome {
            Outcome::Posted(answer) if self.random.random_ratio(1, 5) => Look::Read(answer),
            first if self.random.random_ratio(1, 10) => Look::Again { key, body, first, server: 1 - server },
            _ => return,
        };
        // One at a time: while one is under way, nothing else is looked at.
        let _ = self.looks.try_send(look);
    }

    /// What came out of it, and at which server. Each client has a server that it asks first, so that one that hangs holds up half of
    /// them. Some give up where others ask again.
    async fn until_answered(&mut self, key: &str, body: &Value) -> (Outcome, usize) {
        let mut tries_after_stop = 0;
        for attempt in self.number.. {
            let server = attempt % 2;
            if let Some(outcome) = ask(&self.servers[server], &self.history, key, body).await {
                return (outcome, server);
            }
            tries_after_stop += u32::from(self.stop.load(Ordering::Relaxed));
            if self.random.random_ratio(1, 100) || tries_after_stop > LAST_TRIES {
                return (Outcome::Nothing, server);
            }
            sleep(Duration::from_millis(self.random.random_range(5..50))).await;
        }
        unreachable!("attempts do not end")
    }
}

impl Looker {
    async fn look(&self, look: Look) {
        match look {
            Look::Again { key, body, first, server } => self.again(&key, &body, &first, server).await,
            Look::Read(answer) => self.read(&answer).await,
        }
    }

    /// The same under the same key, at the other server: it must be the same answer.
    async fn again(&self, key: &str, body: &Value, first: &Outcome, server: usize) {
        let Some(second) = ask(&self.servers[server], &self.history, key, body).await else { return };
        let is_same = match (first, &second) {
            (Outcome::Posted(first), Outcome::Posted(second)) => first.body == second.body && second.replayed(),
            (Outcome::Refused(first), Outcome::Refused(second)) => {
                let facts =
                    |answer: &Answer| ["code", "transfer_id", "available"].map(|field| answer.body[field].clone());
                facts(first) == facts(second)
            }
            // What nobody waited for may be answered now, and is then in the history by its key.
            (Outcome::Nothing, _) => true,
            _ => false,
        };
        self.history.count_replay();
        if !is_same {
            self.history.wrong(format!("{key} was answered {first:?}, and later {second:?}"));
        }
    }

    /// Reads both accounts with the token of the answer.
    async fn read(&self, answer: &Answer) {
        for posting in answer.body["postings"].as_array().unwrap() {
            let (account, version) = (posting["account_id"].as_str().unwrap(), posting["version"].as_i64().unwrap());
            let url = format!("{}/v1/accounts/{account}", self.servers[0].query);
            let headers = [("consistency-token", answer.token()), ("prefer", "wait=2")];
            let read = timeout(PATIENCE, self.servers[0].send(Method::GET, &url, &headers, None)).await;
            // A view that is behind says so, and a query server without its database too.
            let Ok(Ok(read)) = read else { continue };
            if read.status != 200 {
                continue;
            }
            self.history.count_read();
            if read.number("version") < version {
                self.history
                    .wrong(format!("a read is older than its token: {version} of {account}, and {}", read.body));
            }
        }
    }
}

/// Asks once; none if that gave no answer, or "not now".
async fn ask(server: &TestClient, history: &History, key: &str, body: &Value) -> Option<Outcome> {
    let answer = timeout(PATIENCE, server.try_post("/v1/transfers", key, body)).await.ok()?.ok()?;
    match answer.status {
        201 => Some(Outcome::Posted(answer)),
        422 => Some(Outcome::Refused(answer)),
        409 | 503 if answer.code() != "audit-alarm" => {
            history.count_not_now(answer.code());
            None
        }
        status => {
            history.wrong(format!("{key} was answered {status}: {}", answer.body));
            None
        }
    }
}
