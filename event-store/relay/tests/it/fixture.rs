//! A log and a stream for each test, and relays between them.

#![allow(clippy::unwrap_used, reason = "test support")]

use std::{path::PathBuf, time::Duration};

use async_nats::jetstream::{
    self, Context,
    consumer::{DeliverPolicy, pull::OrderedConfig},
};
use database::migrations::Database;
use event_store_postgres::{CursorState, PoolOptions, PostgresLog, RelayCursor, connect};
use futures::StreamExt;
use kernel::{Actor, CommandId, CorrelationId, Ids, MemberId, Position, RandomIds, Role, StreamId, Version};
use log::{
    Append, Commit, Fingerprint, NewCommit, NewEvent, ReadCommits, ReadHead, Slice,
    seal::{Label, SliceKeys, seal},
};
use outbox_relay::Config;
use platform::{shutdown::Shutdown, telemetry};
use sqlx::AssertSqlSafe;
use testkit::kit::{TestDatabase, connect_nats, test_variable};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Nothing in these tests takes longer, on a machine that works.
pub const SOON: Duration = Duration::from_secs(30);

fn nats_url() -> String {
    test_variable("JANGBU_TEST_NATS_URL").unwrap()
}

pub struct RelayFixture {
    database: TestDatabase,
    pub log: PostgresLog,
    pub jetstream: Context,
    pub keys: SliceKeys,
    pub key_file: PathBuf,
}

/// A relay that runs in this process.
pub struct Relay {
    pub addr: std::net::SocketAddr,
    shutdown: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Relay {
    /// Stops it as an operator would.
    pub async fn stop(self) {
        self.shutdown.trigger();
        timeout(SOON, self.running).await.expect("it stops").unwrap().unwrap();
    }

    /// What it answers to a GET.
    pub async fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// A message of the stream.
pub struct Found {
    pub sequence: u64,
    pub headers: async_nats::HeaderMap,
    pub body: bytes::Bytes,
}

impl RelayFixture {
    pub async fn new() -> Self {
        let database = TestDatabase::migrated("relay", Database::Log).await.unwrap();
        let pool = connect(&database.url, &PoolOptions::log("test", 5)).unwrap();
        let client = connect_nats(&nats_url()).await.unwrap();
        let key_file = std::env::temp_dir().join(format!("{}.keys.json", database.name));
        let (keys, _) = SliceKeys::ensure(&key_file).unwrap();
        Self { log: PostgresLog::new(pool), jetstream: jetstream::new(client), database, keys, key_file }
    }

    pub fn config(&self) -> Config {
        Config {
            addr: ([127, 0, 0, 1], 0).into(),
            log_relay_url: self.database.url.clone(),
            nats_url: nats_url(),
            nats_relay_url: None,
            slice_key_file: Some(self.key_file.clone()),
            nats_stream: self.database.name.to_uppercase(),
            nats_replicas: 1,
            nats_max_bytes: 64 << 20,
            nats_max_age_hours: 1,
            refill_events: 1_000_000,
            slice_events: 50,
            slice_bytes: 64 * 1024,
            in_flight: 8,
            poll_ms: 500,
            name: "test".to_owned(),
            archive: Default::default(),
            telemetry: telemetry::TelemetryOptions {
                log: "off".to_owned(),
                log_format: telemetry::LogFormat::Text,
                traces: Default::default(),
            },
        }
    }

    pub async fn start(&self, config: Config) -> Relay {
        let listener = TcpListener::bind(config.addr).await.unwrap();
        let (addr, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
        let running = tokio::spawn(outbox_relay::run(config, listener, shutdown.clone()));
        Relay { addr, shutdown, running }
    }

    pub fn subject(&self) -> String {
        format!("{}.slices", self.database.name.replace('_', "."))
    }

    pub fn stream(&self) -> String {
        self.database.name.to_uppercase()
    }

    /// Appends commits of these sizes, one append each.
    pub async fn append(&self, sizes: &[usize]) {
        for size in sizes {
            self.log.append(&[commit(*size, 20)]).await.unwrap();
        }
    }

    pub async fn head(&self) -> Position {
        self.log.head().await.unwrap().position
    }

    pub async fn cursor(&self) -> CursorState {
        RelayCursor::new(self.log.pool().clone()).read().await.unwrap().expect("a relay has run")
    }

    pub async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(self.log.pool()).await.unwrap();
    }

    /// Waits until the last message of the stream is a slice up to the head of the log.
    pub async fn level(&self) {
        let head = self.head().await.to_string();
        timeout(SOON, async {
            while self.last_position().await.as_ref() != Some(&head) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("the stream does not reach position {head}"));
    }

    pub async fn last_position(&self) -> Option<String> {
        let stream = self.jetstream.get_stream(self.stream()).await.ok()?;
        let message = stream.get_last_raw_message_by_subject(&self.subject()).await.ok()?;
        Some(message.headers.get("Jangbu-Last")?.to_string())
    }

    /// Every message of the stream, oldest first.
    pub async fn messages(&self) -> Vec<Found> {
        let stream = self.jetstream.get_stream(self.stream()).await.unwrap();
        let count = stream.get_info().await.unwrap().state.messages as usize;
        let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..OrderedConfig::default() };
        let consumer = stream.create_consumer(config).await.unwrap();
        let messages = consumer.messages().await.unwrap().take(count).map(|message| {
            let message = message.unwrap();
            let sequence = message.info().unwrap().stream_sequence;
            Found { sequence, headers: message.headers.clone().unwrap_or_default(), body: message.payload.clone() }
        });
        timeout(SOON, messages.collect()).await.expect("the messages are there")
    }

    /// Checks that the stream holds the log from `after` on: every commit, once, in order, to the letter.
    pub async fn assert_stream_is_log(&self, after: i64) {
        let head = self.log.head().await.unwrap();
        let mut published: Vec<Commit> = Vec::new();
        for message in self.messages().await {
            let slice = Slice::decode(&message.body).unwrap();
            assert_eq!(slice.log(), head.log);
            assert_eq!(message.headers.get("Jangbu-Log-Id").unwrap().as_str(), head.log.to_string());
            assert_eq!(message.headers.get("Jangbu-First").unwrap().as_str(), slice.first().to_string());
            assert_eq!(message.headers.get("Jangbu-Last").unwrap().as_str(), slice.last().to_string());
            published.extend(slice.into_commits());
        }
        let mut recorded: Vec<Commit> = Vec::new();
        while let Some(page) = self.page(recorded.last().map_or(Position::new(after), Commit::last)).await {
            recorded.extend(page);
        }
        assert_eq!(published.len(), recorded.len(), "as many commits as the log has");
        for (published, recorded) in published.iter().zip(&recorded) {
            assert_eq!(serde_json::to_string(published).unwrap(), serde_json::to_string(recorded).unwrap());
        }
    }

    async fn page(&self, after: Position) -> Option<Vec<Commit>> {
        let page = self.log.read_commits(after, 1_000).await.unwrap();
        (!page.is_empty()).then_some(page)
    }

    /// Publishes a message whose label says that the log reaches from `first` to `last`, sealed with these keys.
    pub async fn send_sealed(&self, keys: &SliceKeys, first: i64, last: i64) {
        let log = self.log.head().await.unwrap().log;
        let label = Label { log, first: Position::new(first), last: Position::new(last), in_log: true };
        let mut headers = async_nats::HeaderMap::new();
        for (name, value) in seal(keys, &self.subject(), &label, b"") {
            headers.insert(name, value);
        }
        self.jetstream.publish_with_headers(self.subject(), headers, "".into()).await.unwrap().await.unwrap();
    }

    /// Removes the stream and the database.
    pub async fn end(self) {
        let _ = std::fs::remove_file(&self.key_file);
        let _ = self.jetstream.delete_stream(self.stream()).await;
        self.log.pool().close().await;
        self.database.drop().await.unwrap();
    }
}

/// A commit of that many events, each with that many bytes of text.
pub fn commit(events: usize, bytes: usize) -> NewCommit {
    let event = || NewEvent {
        stream: StreamId::new(RandomIds.fresh()),
        version: Version::new(1),
        event_type: "Happened",
        schema_version: 1,
        payload: format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes)),
        kind: "thing",
        opens_stream: false,
        owner: None,
    };
    NewCommit {
        command_id: CommandId::new(RandomIds.fresh()),
        fingerprint: Fingerprint([7; 16]),
        actor: Actor { role: Role::Service, id: MemberId::new(RandomIds.fresh()) },
        correlation: CorrelationId::new(RandomIds.fresh()),
        events: (0..events).map(|_| event()).collect(),
    }
}
