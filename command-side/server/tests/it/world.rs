//! A database for each test, a key file, and servers on them.

#![allow(clippy::unwrap_used, reason = "test support")]

use std::{path::PathBuf, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Parser;
use command_server::Config;
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::{Clock, Ids, RandomIds, SystemClock};
use log::{Commit, ReadCommits};
use migrations::Database;
use platform::shutdown::Shutdown;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, postgres::PgConnectOptions};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use uuid::Uuid;

/// The URL of the server that tests may make databases on.
#[allow(clippy::disallowed_methods, reason = "a test is told where its server is by the environment")]
fn postgres() -> String {
    std::env::var("JANGBU_TEST_POSTGRES_URL")
        .expect("JANGBU_TEST_POSTGRES_URL is not set: run `./justw test`, which brings a Postgres")
}

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

pub struct World {
    name: String,
    jwks: PathBuf,
    pub http: Client,
}

impl World {
    /// With an empty log.
    pub async fn new() -> Self {
        let world = Self::without_database();
        world.create_database().await;
        world
    }

    /// Where the database is to be, but is not yet.
    pub fn without_database() -> Self {
        let name = format!("test_command_server_{}", RandomIds.fresh().simple());
        let jwks = std::env::temp_dir().join(format!("{name}.json"));
        let x = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
        std::fs::write(&jwks, json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "t", "x": x}]}).to_string())
            .unwrap();
        Self { name, jwks, http: Client::builder().timeout(Duration::from_secs(20)).build().unwrap() }
    }

    pub async fn create_database(&self) {
        run(&format!("create database {}", self.name)).await;
        let pool = connect(&self.url(), &PoolOptions::log("test", 2)).unwrap();
        Database::Log.up(&pool).await.unwrap();
        pool.close().await;
    }

    pub fn url(&self) -> String {
        let server = postgres();
        let (base, _) = server.rsplit_once('/').unwrap();
        format!("{base}/{}", self.name)
    }

    /// A server as the writer's role.
    pub async fn server(&self) -> Server {
        self.server_on(&format!("{}?options=-c%20role%3Djangbu_writer", self.url())).await
    }

    pub async fn server_on(&self, url: &str) -> Server {
        let arguments = ["test", "--log-writer-url", url, "--jwks-file", self.jwks.to_str().unwrap()];
        let config = Arguments::try_parse_from(arguments).unwrap().config;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = Shutdown::new();
        let task = tokio::spawn(command_server::run(config, listener, shutdown.clone()));
        Server { base, shutdown, task, http: self.http.clone() }
    }

    /// Everything in the log.
    pub async fn commits(&self) -> Vec<Commit> {
        let pool = connect(&self.url(), &PoolOptions::log("test", 2)).unwrap();
        let commits = PostgresLog::new(pool.clone()).read_commits(kernel::Position::ZERO, 100_000).await.unwrap();
        pool.close().await;
        commits
    }

    pub async fn end(self) {
        run(&format!("drop database {} with (force)", self.name)).await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.jwks);
    }
}

async fn run(sql: &str) {
    let mut connection = postgres().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

pub fn token(role: &str, subject: Uuid) -> String {
    let der = key().to_pkcs8_der().unwrap();
    let claims = json!({"sub": subject, "role": role, "exp": SystemClock.now().timestamp() + 600});
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA);
    jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_ed_der(der.as_bytes())).unwrap()
}

pub struct Server {
    pub base: String,
    shutdown: Shutdown,
    task: JoinHandle<anyhow::Result<()>>,
    http: Client,
}

impl Server {
    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub fn command(&self, role: &str, subject: Uuid, key: &str, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{path}", self.base))
            .bearer_auth(token(role, subject))
            .header("idempotency-key", key)
            .json(body)
    }

    pub async fn ready(&self) {
        let ready = async {
            while self.get("/readyz").await.status() != 200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(20), ready).await.expect("ready in time");
    }

    /// An account of that member.
    pub async fn open(&self, member: Uuid) -> Value {
        let key = RandomIds.fresh().to_string();
        let answer =
            self.command("member", member, &key, "/v1/accounts", &json!({"asset": "KRW"})).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }

    pub async fn deposit(&self, account: &Value, amount: &str) -> Value {
        let key = RandomIds.fresh().to_string();
        let body = json!({
            "account_id": account["account_id"], "money": {"asset": "KRW", "amount": amount}, "reference": key,
        });
        let answer = self.command("service", Uuid::nil(), &key, "/v1/deposits", &body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }

    /// Asks the server to end; the handle tells when it has.
    pub fn ask_to_stop(&self) {
        self.shutdown.trigger();
    }

    pub async fn stop(self) {
        self.shutdown.trigger();
        timeout(Duration::from_secs(20), self.task).await.expect("ends in time").unwrap().unwrap();
    }
}
