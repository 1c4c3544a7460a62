//! A log, a views database and a stream for each test, and projectors between them.

use std::{path::PathBuf, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::{self, Context, stream::Config as StreamConfig},
};
use database::migrations::Database;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use events::recorded::{AccountOpened, Event, Holder};
use kernel::{
    AccountNumber, Actor, CommandId, CorrelationId, Ids, MemberId, Position, RandomIds, Role, StreamId, Version, Zone,
};
use log::{
    Append, Commit, Fingerprint, NewCommit, NewEvent, ReadCommits, ReadHead, Slice,
    seal::{Label, SliceKeys, seal},
};
use platform::{
    shutdown::Shutdown,
    telemetry::{LogFormat, TelemetryOptions},
};
use projection_engine::testing::Scratch;
use projector::Config;
use serde_json::Value;
use sqlx::ConnectOptions;
use testkit::kit::{TestDatabase, connect_nats, test_variable};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Nothing in these tests takes longer, on a machine that works.
pub const SOON: Duration = Duration::from_secs(30);
/// One that nobody listens to.
pub const NOWHERE: &str = "nats://127.0.0.1:9";

fn nats_url() -> String {
    test_variable("JANGBU_TEST_NATS_URL").expect("a test run")
}

pub struct ProjectorFixture {
    database: TestDatabase,
    pub log: PostgresLog,
    pub views: Scratch,
    pub jetstream: Context,
    pub keys: SliceKeys,
    pub key_file: PathBuf,
}

/// Headers as NATS takes them.
pub fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(*name, value.as_str());
    }
    headers
}

impl Drop for ProjectorFixture {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.key_file);
    }
}

/// A projector that runs in this process.
pub struct Projector {
    addr: std::net::SocketAddr,
    shutdown: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
}

impl ProjectorFixture {
    pub async fn new() -> Self {
        let database = TestDatabase::migrated("projector", Database::Log).await.expect("a log");
        let pool = connect(&database.url, &PoolOptions::log("test", 4)).expect("a pool");
        let client = connect_nats(&nats_url()).await.expect("connect to NATS");
        let jetstream = jetstream::new(client);
        let views = Scratch::new().await;
        let key_file = std::env::temp_dir().join(format!("{}.keys.json", database.name));
        let (keys, _) = SliceKeys::ensure(&key_file).expect("keys");
        let fixture = Self { database, log: PostgresLog::new(pool), views, jetstream, keys, key_file };
        fixture.make_stream().await;
        fixture
    }

    pub fn config(&self) -> Config {
        Config {
            addr: ([127, 0, 0, 1], 0).into(),
            log_projector_url: self.database.url.clone(),
            views_projector_url: self.views.database.to_url_lossy().to_string(),
            nats_url: nats_url(),
            nats_projector_url: None,
            slice_key_file: Some(self.key_file.clone()),
            nats_stream: self.stream(),
            zone: Zone::SEOUL,
            batch_events: 500,
            pace_ms: 1,
            inbox_events: 5_000,
            vault_projector_url: None,
            command_url: None,
            jwks_file: None,
            trust_forwarded_for: false,
            log_connections: 4,
            archive: Default::default(),
            telemetry: TelemetryOptions {
                log: "off".to_owned(),
                log_format: LogFormat::Text,
                traces: Default::default(),
            },
        }
    }

    pub async fn start(&self, config: Config) -> Projector {
        let listener = TcpListener::bind(config.addr).await.expect("a port");
        let (addr, shutdown) = (listener.local_addr().expect("a port"), Shutdown::new());
        let running = tokio::spawn(projector::run(config, listener, shutdown.clone()));
        Projector { addr, shutdown, running }
    }

    fn stream(&self) -> String {
        self.database.name.to_uppercase()
    }

    pub fn subject(&self) -> String {
        format!("{}.slices", self.database.name.replace('_', "."))
    }

    pub async fn make_stream(&self) {
        let config = StreamConfig { name: self.stream(), subjects: vec![self.subject()], ..StreamConfig::default() };
        self.jetstream.get_or_create_stream(config).await.expect("a stream");
    }

    pub async fn drop_stream(&self) {
        self.jetstream.delete_stream(self.stream()).await.expect("a stream to delete");
    }

    /// Opens so many accounts, a commit for each, and gives the commits.
    pub async fn open_accounts(&self, number: usize) -> Vec<Commit> {
        let before = self.head().await;
        let commits: Vec<_> = (0..number).map(|_| opened()).collect();
        self.log.append(&commits).await.expect("append");
        self.log.read_commits(before, 1_000_000).await.expect("read")
    }

    pub async fn head(&self) -> Position {
        self.log.head().await.expect("the head").position
    }

    /// Publishes commits as the relay would.
    pub async fn publish(&self, commits: &[Commit]) {
        let log = self.log.head().await.expect("the head").log;
        let before = Position::new(commits[0].first.number() - 1);
        let after = self.log.commit_refs(&[before]).await.expect("the commit before")[0];
        let slice = Slice::new(log, after, commits.to_vec()).expect("a slice");
        let label = Label { log, first: slice.first(), last: slice.last(), in_log: false };
        self.send_sealed(&label, slice.encode().expect("json")).await;
    }

    /// Publishes a message that a holder of the key has sealed.
    pub async fn send_sealed(&self, label: &Label, body: Vec<u8>) {
        self.send(headers(&seal(&self.keys, &self.subject(), label, &body)), body).await;
    }

    /// Publishes a message of any kind.
    pub async fn send(&self, headers: HeaderMap, body: Vec<u8>) {
        let sent = self.jetstream.publish_with_headers(self.subject(), headers, body.into()).await;
        sent.expect("sent").await.expect("acknowledged");
    }

    /// Waits until every view is at the head of the log, and all accounts are there.
    pub async fn level(&self) {
        let head = self.head().await.number();
        let deadline = Instant::now() + SOON;
        loop {
            let positions = self.views.lines("select view || ' ' || position from registry.live_positions").await;
            let there = positions.iter().filter(|line| line.ends_with(&format!(" {head}"))).count();
            if there == views::all().len() {
                break;
            }
            assert!(Instant::now() < deadline, "the views are not at {head}: {positions:?}");
            sleep(Duration::from_millis(10)).await;
        }
        let accounts = self.views.lines("select count(*)::text from live.accounts").await;
        assert_eq!(accounts, [head.to_string()], "an account for each event of these logs");
    }

    /// Writes an event that no Jangbu knows into the log.
    pub async fn append_unknown(&self) {
        let mut commit = opened();
        commit.events[0].event_type = "Surprise";
        self.log.append(&[commit]).await.expect("append");
    }
}

impl Projector {
    /// Stops it as an operator would.
    pub async fn stop(self) {
        self.shutdown.trigger();
        timeout(SOON, self.running).await.expect("it stops").expect("no panic").expect("no error");
    }

    /// What it answers to a GET.
    pub async fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).await.expect("connect");
        let request = format!("GET {path} HTTP/1.1\r\nhost: projector\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("send");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    /// What it answers to a request with this token and body: the status, and JSON.
    pub async fn send(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> (u16, Value) {
        let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        self.send_with(method, path, &token, body).await
    }

    /// The same with these lines of headers.
    pub async fn send_with(&self, method: &str, path: &str, headers: &str, body: Option<Value>) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.addr).await.expect("connect");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: projector\r\nconnection: close\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.expect("send");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        // It may come as one chunk.
        let object = body.find('{').zip(body.rfind('}')).map(|(from, to)| &body[from..=to]);
        (status, object.and_then(|object| serde_json::from_str(object).ok()).unwrap_or(Value::Null))
    }

    /// Waits until an answer contains a text.
    pub async fn says(&self, path: &str, text: &str) {
        let deadline = Instant::now() + SOON;
        loop {
            let answer = self.get(path).await;
            if answer.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{path} does not say {text:?}: {answer}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The value of a metric; 0 if it is not there.
    pub async fn metric(&self, name: &str) -> f64 {
        let page = self.get("/metrics").await;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.trim().parse().expect("a number"))
    }
}

fn opened() -> NewCommit {
    let (number, owner) = (AccountNumber::from_digits(RandomIds.digits()), MemberId::new(RandomIds.fresh()));
    let opened = AccountOpened { holder: Holder::Member { owner, number }, asset: "KRW".parse().expect("an asset") };
    let event = NewEvent {
        stream: StreamId::new(RandomIds.fresh()),
        version: Version::new(1),
        event_type: "AccountOpened",
        schema_version: 1,
        payload: Event::from(opened).payload().expect("json"),
        kind: "account",
        opens_stream: true,
        owner: Some(owner),
    };
    NewCommit {
        command_id: CommandId::new(RandomIds.fresh()),
        fingerprint: Fingerprint([1; 16]),
        actor: Actor { role: Role::Member, id: owner },
        correlation: CorrelationId::new(RandomIds.fresh()),
        events: vec![event],
    }
}
