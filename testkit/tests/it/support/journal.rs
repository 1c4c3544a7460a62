//! A crowd of clients that remembers the answers it got, while everything around it breaks.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Ledger, TestClient, eventually, money};

/// What a client knows of one command.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// 201 with this transfer.
    Posted(Uuid),
    /// 422 with this code.
    Refused(String),
    /// It gave up without an answer.
    Nothing,
}

/// Every request and its outcome; the memo of a transfer is its key.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Vec<(String, Outcome)>>,
    last_token: Mutex<Option<String>>,
    posted: AtomicU64,
}

impl Journal {
    /// Remembers an answer with 201.
    pub fn note_posted(&self, key: &str, transfer: Uuid) {
        self.note(key.to_owned(), Outcome::Posted(transfer));
    }

    fn note(&self, key: String, outcome: Outcome) {
        if matches!(outcome, Outcome::Posted(_)) {
            self.posted.fetch_add(1, Ordering::Relaxed);
        }
        self.entries.lock().unwrap().push((key, outcome));
    }

    /// Remembers what another one does.
    pub fn absorb(&self, other: &Self) {
        let theirs = other.entries.lock().unwrap().clone();
        self.entries.lock().unwrap().extend(theirs);
    }

    /// How many transfers were answered 201 so far.
    pub fn posted(&self) -> u64 {
        self.posted.load(Ordering::Relaxed)
    }

    /// The token of the latest answer.
    pub fn last_token(&self) -> Option<String> {
        self.last_token.lock().unwrap().clone()
    }

    /// Waits until so many more transfers have been answered.
    pub async fn wait_for_more(&self, count: u64) {
        let goal = self.posted() + count;
        eventually("the bank goes on posting", async || {
            let posted = self.posted();
            if posted >= goal { Ok(()) } else { Err(format!("{posted} of {goal}")) }
        })
        .await;
    }

    /// The keys of what had no answer.
    pub fn unanswered(&self) -> Vec<String> {
        let entries = self.entries.lock().unwrap();
        entries.iter().filter(|(_, outcome)| *outcome == Outcome::Nothing).map(|(key, _)| key.clone()).collect()
    }

    /// Every transfer answered 201 is in the log exactly once, as that transfer; every refused one was not posted; of those without
    /// an answer each is there once or not at all; and nothing is there that nobody asked for. How many had no answer, and
    /// how many of these were carried out.
    pub fn check(&self, ledger: &Ledger) -> (usize, usize) {
        let entries = self.entries.lock().unwrap().clone();
        let mut by_memo = std::collections::HashMap::<&str, Vec<Uuid>>::new();
        for (id, posted) in ledger.posted.iter().filter(|(_, posted)| posted.kind == "transfer") {
            by_memo.entry(posted.memo.as_deref().unwrap_or_default()).or_default().push(*id);
        }
        let (mut unanswered, mut carried_out) = (0, 0);
        for (key, outcome) in entries.iter() {
            let found = by_memo.remove(key.as_str()).unwrap_or_default();
            match outcome {
                Outcome::Posted(id) => assert_eq!(found, [*id], "{key} was answered 201"),
                Outcome::Refused(code) => {
                    assert!(found.is_empty(), "{key} was refused with {code}, and posted: {found:?}")
                }
                Outcome::Nothing => {
                    assert!(found.len() <= 1, "{key} was not answered, and posted twice: {found:?}");
                    unanswered += 1;
                    carried_out += found.len();
                }
            }
        }
        assert!(by_memo.is_empty(), "posted, but nobody asked: {by_memo:?}");
        (unanswered, carried_out)
    }
}

/// Clients that post transfers until they are asked to stop. A client whose connection breaks asks again under the same key, at the
/// next command server, and now and then gives up, as people do.
pub struct Crowd {
    pub journal: Arc<Journal>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Crowd {
    /// Starts `size` clients. Each of `people` is the same person at every command server, in the order of the servers.
    pub fn start(size: usize, people: Vec<Vec<TestClient>>, accounts: Vec<Uuid>, give_up: bool) -> Self {
        static CROWDS: AtomicU64 = AtomicU64::new(0);
        let crowd = CROWDS.fetch_add(1, Ordering::Relaxed);
        let (journal, stop) = (Arc::new(Journal::default()), Arc::new(AtomicBool::new(false)));
        let (people, accounts) = (Arc::new(people), Arc::new(accounts));
        let mut clients = JoinSet::new();
        for number in 0..size {
            let (journal, stop) = (journal.clone(), stop.clone());
            let (people, accounts) = (people.clone(), accounts.clone());
            clients.spawn(async move {
                let servers = &people[number % people.len()];
                let mut client = Client {
                    crowd,
                    number,
                    servers,
                    accounts: &accounts,
                    random: SmallRng::seed_from_u64(number as u64),
                    give_up,
                };
                for count in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    client.post_one(count, &journal, &stop).await;
                }
            });
        }
        Self { journal, stop, clients }
    }

    /// Stops the clients, each after its present command; what they remember.
    pub async fn stop(mut self) -> Arc<Journal> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        self.journal
    }
}

struct Client<'a> {
    crowd: u64,
    number: usize,
    servers: &'a [TestClient],
    accounts: &'a [Uuid],
    random: SmallRng,
    give_up: bool,
}

impl Client<'_> {
    async fn post_one(&mut self, count: u64, journal: &Journal, stop: &AtomicBool) {
        let key = format!("crowd-{}-{}-{count}", self.crowd, self.number);
        let from = self.random.random_range(0..self.accounts.len());
        let to = (from + self.random.random_range(1..self.accounts.len())) % self.accounts.len();
        let body = json!({
            "source": self.accounts[from], "destination": self.accounts[to],
            "money": money("KRW", self.random.random_range(1..400)), "memo": key,
        });
        let mut tries_after_stop = 0;
        for attempt in self.number.. {
            let server = &self.servers[attempt % self.servers.len()];
            match server.try_post("/v1/transfers", &key, &body).await {
                Ok(answer) if answer.status == 201 => {
                    *journal.last_token.lock().unwrap() = Some(answer.token().to_owned());
                    return journal.note(key, Outcome::Posted(answer.id("transfer_id")));
                }
                Ok(answer) if answer.status == 422 => {
                    return journal.note(key, Outcome::Refused(answer.code().to_owned()));
                }
                Ok(answer) => assert!(matches!(answer.status, 409 | 503), "{}: {}", answer.status, answer.body),
                Err(_) => {}
            }
            // Without an answer: most ask again under the same key, some never do.
            tries_after_stop += u32::from(stop.load(Ordering::Relaxed));
            if (self.give_up && self.random.random_ratio(1, 5)) || tries_after_stop > 200 {
                return journal.note(key, Outcome::Nothing);
            }
            tokio::time::sleep(Duration::from_millis(self.random.random_range(5..50))).await;
        }
    }
}
