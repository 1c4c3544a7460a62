//! The application of one test: a database, a server on it, and who asks.

mod database;
mod keys;
mod people;
mod seed;

use std::{sync::Arc, time::Duration};

use clap::Parser;
pub use database::Database;
use kernel::{Actor, ConsistencyToken, MemberId, Position, Role};
pub use keys::Keys;
pub use people::{GONE, People};
use platform::shutdown::Shutdown;
use query_server::Config;
use reqwest::header::HeaderMap;
pub use seed::{A1, A2, ALICE, B1, BOB, CASH, DEPOSIT, REJECTED, REVERSED, TRANSFER, id};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

/// Nothing listens here.
pub const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nothing";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
}

/// What may be different from an application that works.
#[derive(Default)]
pub struct Odd {
    pub log_url: Option<String>,
    pub views_url: Option<String>,
    pub vault_url: Option<String>,
    /// Who is revoked before the server starts.
    pub revoked: Option<Uuid>,
}

/// A server on a database of its own. Dropping it drops the database.
pub struct TestApp {
    pub database: Database,
    pub people: People,
    pub keys: Arc<Keys>,
    base: String,
    client: reqwest::Client,
    shutdown: Shutdown,
    served: Option<JoinHandle<anyhow::Result<()>>>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ascii"))
    }

    pub fn number(&self, header: &str) -> i64 {
        self.header(header).unwrap_or_else(|| panic!("no {header}: {self:?}")).parse().expect("a number")
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Asserts the status and the problem code.
    #[track_caller]
    pub fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
    }

    #[track_caller]
    pub fn ok(&self) -> &Value {
        assert_eq!(self.status, 200, "{self:?}");
        &self.body
    }
}

impl TestApp {
    /// One that works, without a single account.
    pub async fn start() -> Self {
        Self::start_odd(Odd::default()).await
    }

    /// One that works, with the people and movements of `seed`.
    pub async fn with_bank() -> Self {
        let app = Self::start().await;
        app.seed().await;
        app.until_seen(Position::new(seed::HEAD)).await;
        app
    }

    /// The people and movements of `seed`.
    pub async fn seed(&self) {
        self.people.seed(&self.database).await;
        self.database.seed_bank().await;
    }

    pub async fn start_odd(odd: Odd) -> Self {
        let database = Database::create().await;
        let people = People::new(&database).await;
        if let Some(subject) = odd.revoked {
            people.revoke(&database, subject).await;
        }
        let keys = Arc::new(Keys::make());
        let (reader, vault) = (database.reader_url(), database.vault_url());
        let args = [
            "query-server".to_owned(),
            format!("--views-reader-url={}", odd.views_url.as_ref().unwrap_or(&reader)),
            format!("--log-reader-url={}", odd.log_url.as_ref().unwrap_or(&reader)),
            format!("--vault-reader-url={}", odd.vault_url.as_ref().unwrap_or(&vault)),
            format!("--kek=file:{}", people.kek_file().display()),
            format!("--jwks-file={}", keys.jwks_file().display()),
            "--acquire-timeout-ms=500".to_owned(),
            "--statement-timeout-ms=1000".to_owned(),
            "--views-connections=4".to_owned(),
            // Nobody listens there: the streams of public events are tested with every process, in testkit.
            "--nats-public-url=nats://127.0.0.1:1".to_owned(),
        ];
        let Cli { config } = Cli::parse_from(args);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let shutdown = Shutdown::new();
        let served = tokio::spawn(query_server::run(config, listener, shutdown.clone()));
        let client = reqwest::Client::new();
        Self { database, people, keys, base, client, shutdown, served: Some(served) }
    }

    /// Waits until the server knows that this has been reached by the log, so that tests start from one place.
    pub async fn until_seen(&self, position: Position) {
        let token = self.token(position).await;
        for _ in 0..50 {
            let reply = self.get_with("/v1/accounts", self.operator(), &[("consistency-token", &token)]).await;
            if reply.status == 200 && reply.header("view-lag-ms") == Some("0") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the server never saw position {position}");
    }

    /// Waits until the server answers `/readyz` like this.
    pub async fn until_ready(&self, status: u16, check: &str, word: &str) {
        let mut report = Value::Null;
        for _ in 0..600 {
            let reply = self.get_open("/readyz").await;
            report = reply.body;
            if reply.status == status && report["checks"][check] == word {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{check} never was {word} with {status}: {report}");
    }

    /// The token of a position of this app's log.
    pub async fn token(&self, position: Position) -> String {
        ConsistencyToken::untagged(self.database.log_id().await, position).to_string()
    }

    pub fn member(&self, member: u128) -> String {
        self.keys.token(Actor { role: Role::Member, id: MemberId::new(id(member)) })
    }

    pub fn operator(&self) -> String {
        self.keys.token(Actor { role: Role::Operator, id: MemberId::new(id(0xeeee)) })
    }

    pub fn service(&self) -> String {
        self.keys.token(Actor { role: Role::Service, id: MemberId::new(id(0xffff)) })
    }

    pub async fn get(&self, path: &str, bearer: impl AsRef<str>) -> Reply {
        self.get_with(path, bearer, &[]).await
    }

    pub async fn get_with(&self, path: &str, bearer: impl AsRef<str>, headers: &[(&str, &str)]) -> Reply {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(bearer.as_ref());
        Self::send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Asks as Alice, as Bob, as a stranger, as a service and as an operator; their statuses in that order.
    pub async fn statuses(&self, path: &str) -> [u16; 5] {
        let bearers = [self.member(ALICE), self.member(BOB), self.member(0x5742), self.service(), self.operator()];
        let mut statuses = [0; 5];
        for (status, bearer) in statuses.iter_mut().zip(bearers) {
            *status = self.get(path, bearer).await.status;
        }
        statuses
    }

    pub async fn get_open(&self, path: &str) -> Reply {
        Self::send(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn send(request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, headers, body }
    }

    /// Stops the server and waits for it.
    pub async fn finish(mut self) {
        self.shutdown.trigger();
        let served = self.served.take().expect("it runs");
        served.await.expect("no panic").expect("served");
    }
}
