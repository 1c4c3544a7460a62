//! Databases for each test, key files, a catcher of messages, and servers on them.

#![allow(clippy::unwrap_used, reason = "test support")]

use std::{path::PathBuf, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Parser;
use command_server::Config;
use database::migrations::Database;
use ed25519_dalek::{
    Signer, SigningKey,
    pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding},
};
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::{Clock, Ids, RandomIds, SystemClock};
use log::{Commit, ReadCommits};
use platform::{auth::thumbprint, shutdown::Shutdown};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use testkit::{
    kit::{run_on_test_server, test_variable},
    mail::{Catcher, Plan},
};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use uuid::Uuid;
use vault::KeyFile;

use crate::person::{Person, Reply, fresh_key};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

pub struct TestApp {
    name: String,
    folder: PathBuf,
    pub http: Client,
    pub catcher: Option<Catcher>,
}

impl TestApp {
    /// With an empty log.
    pub async fn new() -> Self {
        let app = Self::without_database();
        app.create_database().await;
        app
    }

    /// Where the databases are to be, but are not yet.
    pub fn without_database() -> Self {
        let name = format!("test_command_server_{}", RandomIds.fresh().simple());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir(&folder).unwrap();
        let app = Self {
            name,
            folder,
            http: Client::builder().timeout(Duration::from_secs(20)).build().unwrap(),
            catcher: None,
        };
        app.sign_with(9, &[9]);
        KeyFile::ensure(&app.folder.join("kek.json")).unwrap();
        KeyFile::ensure(&app.folder.join("internal-keys.json")).unwrap();
        app
    }

    /// With somebody who catches what is sent to members.
    pub async fn with_catcher() -> Self {
        let mut app = Self::new().await;
        app.catcher = Some(Catcher::start(Plan::local().await.unwrap()).unwrap());
        app
    }

    /// From now on tokens are signed with this key, and verified with these.
    pub fn sign_with(&self, seed: u8, known: &[u8]) {
        let jwk = |seed: &u8| {
            let x = URL_SAFE_NO_PAD.encode(key(*seed).verifying_key().as_bytes());
            json!({"kty": "OKP", "crv": "Ed25519", "kid": thumbprint(&x), "x": x})
        };
        let set = json!({"keys": known.iter().map(jwk).collect::<Vec<_>>()});
        self.replace("jwks.json", &set.to_string());
        self.replace("key.pem", &key(seed).to_pkcs8_pem(LineEnding::LF).unwrap());
    }

    /// As `jangbu keys rotate` does: whole, or not at all.
    fn replace(&self, name: &str, content: &str) {
        let draft = self.folder.join(format!(".{name}"));
        std::fs::write(&draft, content).unwrap();
        std::fs::rename(draft, self.folder.join(name)).unwrap();
    }

    pub async fn create_database(&self) {
        for (database, url) in [(Database::Log, self.url()), (Database::Vault, self.vault_url())] {
            run_on_test_server(&format!("create database {}", url.rsplit('/').next().unwrap())).await.unwrap();
            let pool = sqlx::PgPool::connect(&url).await.unwrap();
            database.up(&pool).await.unwrap();
            pool.close().await;
        }
    }

    pub fn url(&self) -> String {
        let server = test_variable("JANGBU_TEST_POSTGRES_URL").unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        format!("{base}/{}", self.name)
    }

    pub fn vault_url(&self) -> String {
        format!("{}_vault", self.url())
    }

    /// A server as the roles it is given.
    pub async fn server(&self) -> Server {
        self.server_with(&[]).await
    }

    /// The same, with some settings of its own.
    pub async fn server_with(&self, settings: &[&str]) -> Server {
        let log = format!("{}?options=-c%20role%3Djangbu_writer", self.url());
        let vault = format!("{}?options=-c%20role%3Djangbu_vault", self.vault_url());
        self.server_on(&log, &vault, settings).await
    }

    pub async fn server_on(&self, log: &str, vault: &str, settings: &[&str]) -> Server {
        let file = |name: &str| self.folder.join(name).to_str().unwrap().to_owned();
        let mut arguments = ["test", "--log-writer-url", log, "--vault-writer-url", vault].map(str::to_owned).to_vec();
        arguments.extend([
            "--jwks-file".to_owned(),
            file("jwks.json"),
            "--signing-key-file".to_owned(),
            file("key.pem"),
        ]);
        arguments.extend(["--kek".to_owned(), format!("file:{}", file("kek.json"))]);
        arguments.extend(["--internal-key-file".to_owned(), file("internal-keys.json")]);
        // Hashing is tested elsewhere; here it only has to be done.
        if !settings.iter().any(|setting| setting.starts_with("--login-refused-after-ms")) {
            arguments.push("--login-refused-after-ms=1".to_owned());
        }
        if !settings.iter().any(|setting| setting.starts_with("--argon2")) {
            arguments.extend(["--argon2-memory-kib=64", "--argon2-passes=1"].map(str::to_owned));
        }
        if let Some(catcher) = &self.catcher {
            arguments
                .extend([format!("--smtp-url=smtp://{}", catcher.smtp), format!("--sms-url={}/sms", catcher.url())]);
            arguments.push("--mail-from=Jangbu <no-reply@jangbu.example>".to_owned());
        }
        arguments.extend(settings.iter().map(|setting| (*setting).to_owned()));
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

    /// The password as the vault keeps it; of the only member there is.
    pub async fn hash_of(&self, person: &Person) -> String {
        let mut connection = self.vault_url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        let found = sqlx::query_scalar("select hash from vault.credentials").fetch_one(&mut connection).await;
        found.unwrap_or_else(|error| panic!("{} has no password: {error}", person.login_id))
    }

    pub async fn execute_in_log(&self, sql: &'static str) {
        let mut connection = self.url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }

    pub async fn execute_in_vault(&self, sql: &'static str) {
        let mut connection = self.vault_url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }

    /// From now on every request to open a session waits.
    pub async fn before_a_session_opens(&self) -> LastMoment {
        let mut connection = self.vault_url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
        let hold = "begin; lock table vault.sessions in access exclusive mode";
        sqlx::raw_sql(hold).execute(&mut connection).await.unwrap();
        LastMoment(connection)
    }

    pub async fn end(self) {
        for name in [self.name.clone(), format!("{}_vault", self.name)] {
            run_on_test_server(&format!("drop database if exists {name} with (force)")).await.unwrap();
        }
    }
}

/// The moment between a password that was right and the session it opens.
pub struct LastMoment(PgConnection);

impl LastMoment {
    /// Once somebody waits there, does what an erasure does in the end: what hangs on the key goes with it.
    pub async fn destroy_key_of(mut self, member: &str) {
        let waits = "select exists (select from pg_locks where not granted and relation = 'vault.sessions'::regclass)";
        let waited = async {
            while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut self.0).await.unwrap() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), waited).await.expect("somebody logs in");
        let delete = sqlx::query("delete from vault.data_keys where member_id = $1::uuid").bind(member);
        assert_eq!(delete.execute(&mut self.0).await.unwrap().rows_affected(), 1);
        sqlx::raw_sql("commit").execute(&mut self.0).await.unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn token(role: &str, subject: Uuid) -> String {
    let claims = json!({"sub": subject, "role": role, "exp": SystemClock.now().timestamp() + 600});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(json!({"typ": "JWT", "alg": "EdDSA"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key(9).sign(message.as_bytes()).to_bytes());
    format!("{message}.{signature}")
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

    /// The same, and the vault is open.
    pub async fn ready_for_people(&self) {
        let ready = async {
            loop {
                let answer = self.get("/readyz").await;
                let status = answer.status();
                let report: Value = answer.json().await.unwrap();
                if status == 200 && report["checks"]["vault"] == "ok" {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(20), ready).await.expect("ready in time");
    }

    /// Waits until `/readyz` answers like this.
    pub async fn until_report(&self, status: u16, check: &str, word: &str) {
        let mut last = Value::Null;
        let reported = async {
            loop {
                let answer = self.get("/readyz").await;
                let found = answer.status();
                last = answer.json().await.unwrap();
                if found == status && last["checks"][check] == word {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if timeout(Duration::from_secs(30), reported).await.is_err() {
            panic!("{check} never was {word} with {status}: {last}");
        }
    }

    pub fn client(&self) -> &Client {
        &self.http
    }

    /// An account for the holder of this token.
    pub async fn open_as(&self, access: &str) -> Reply {
        self.ask("POST", "/v1/accounts", &fresh_key(), Some(access), &json!({"asset": "KRW"})).await
    }

    /// The certificate of an erasure, once it is there.
    pub async fn certificate(&self, erasure: &str) -> Value {
        let operator = token("operator", Uuid::from_u128(99));
        let path = format!("/v1/erasures/{erasure}");
        let done = async {
            loop {
                let reply = self.ask("GET", &path, "unused", Some(&operator), &Value::Null).await;
                if reply.status == 200 {
                    return reply.body;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(20), done).await.expect("erased in time")
    }

    /// An account of that member.
    pub async fn open(&self, member: Uuid) -> Value {
        let key = RandomIds.fresh().to_string();
        let answer =
            self.command("member", member, &key, "/v1/accounts", &json!({"asset": "KRW"})).send().await.unwrap();
        let (status, body): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert_eq!(status, 201, "{body}");
        body
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

    /// Asks the server to end; the handle ends when it has.
    pub fn ask_to_stop(&self) {
        self.shutdown.trigger();
    }

    pub async fn stop(self) {
        self.shutdown.trigger();
        timeout(Duration::from_secs(20), self.task).await.expect("ends in time").unwrap().unwrap();
    }
}
