//! A bank with its databases and its people.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    chaos::{Bank, BankPlan, Part, Post, TestServers, built_for_tests},
    kit::{Databases, Keys, Pair, connect_nats, make_dir, test_variable, write_secret},
    mail::{Catcher, Plan},
};
use harness::LocalProviders;
use kernel::{Actor, Ids, MemberId, RandomIds, Role};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{Answer, Ledger, TestClient, eventually};

/// Every process, with one command server.
pub const ALL: [Part; 4] = [Part::Command(0), Part::Relay, Part::Projector, Part::Query];

/// A bank of real processes on databases and a stream of its own.
pub struct TestApp {
    pub bank: Bank,
    pub keys: Arc<Keys>,
    pub pair: Pair,
    /// What the bank sends to people ends here.
    pub catcher: Catcher,
    databases: Databases,
    folder: PathBuf,
    http: reqwest::Client,
}

impl TestApp {
    /// Starts these processes on the servers of the test run.
    pub async fn start(parts: &[Part]) -> Self {
        let databases = Databases::of_this_test_run().unwrap();
        let nats_url = test_variable("JANGBU_TEST_NATS_URL").unwrap();
        Self::start_on(databases, nats_url, parts, &[]).await
    }

    /// Starts these processes with settings of their own.
    pub async fn start_with(parts: &[Part], settings: &[(&str, &str)]) -> Self {
        let databases = Databases::of_this_test_run().unwrap();
        let nats_url = test_variable("JANGBU_TEST_NATS_URL").unwrap();
        Self::start_on(databases, nats_url, parts, settings).await
    }

    /// Starts these processes with settings of their own and with local providers, which the test can tell to fail.
    pub async fn start_with_providers(parts: &[Part], settings: &[(&str, &str)]) -> (Self, LocalProviders) {
        let providers = LocalProviders::local().await.unwrap();
        let urls = providers.settings();
        (Self::start_with(parts, &joined(&urls, settings)).await, providers)
    }

    /// Starts these processes on a Postgres at another address, such as a proxy before it.
    pub async fn start_at(postgres_url: &str, parts: &[Part], settings: &[(&str, &str)]) -> Self {
        let databases = Databases::on(postgres_url).unwrap();
        let nats_url = test_variable("JANGBU_TEST_NATS_URL").unwrap();
        Self::start_on(databases, nats_url, parts, settings).await
    }

    /// Starts these processes on servers of their own.
    pub async fn start_on_servers(servers: &TestServers, parts: &[Part]) -> Self {
        let databases = Databases::on(&servers.postgres_url().unwrap()).unwrap();
        Self::start_on(databases, servers.nats_url(), parts, &[]).await
    }

    /// Starts these processes on servers of their own, with settings of their own and with local providers.
    pub async fn start_on_servers_with_providers(
        servers: &TestServers,
        parts: &[Part],
        settings: &[(&str, &str)],
    ) -> (Self, LocalProviders) {
        let databases = Databases::on(&servers.postgres_url().unwrap()).unwrap();
        let providers = LocalProviders::local().await.unwrap();
        let urls = providers.settings();
        (Self::start_on(databases, servers.nats_url(), parts, &joined(&urls, settings)).await, providers)
    }

    async fn start_on(databases: Databases, nats_url: String, parts: &[Part], settings: &[(&str, &str)]) -> Self {
        let pair = databases.fresh_pair().await.unwrap();
        let mut app = Self::on(databases, pair, nats_url, None, settings).await;
        app.bank.start(parts).await.unwrap();
        app
    }

    /// A bank that an earlier build wrote, from its dumps and keys. Nothing is upgraded and nothing runs yet.
    pub async fn restore(dump: &Path) -> Self {
        let databases = Databases::of_this_test_run().unwrap();
        let nats_url = test_variable("JANGBU_TEST_NATS_URL").unwrap();
        let pair = databases.restore_pair(dump).await.unwrap();
        Self::on(databases, pair, nats_url, Some(&dump.join("keys")), &[]).await
    }

    async fn on(
        databases: Databases,
        pair: Pair,
        nats_url: String,
        keys_from: Option<&Path>,
        settings: &[(&str, &str)],
    ) -> Self {
        let id = RandomIds.fresh().simple().to_string();
        let folder = PathBuf::from(format!("/var/tmp/jangbu-e2e-{id}"));
        if let Some(from) = keys_from {
            make_dir(&folder.join("keys"), 0o700).unwrap();
            for file in std::fs::read_dir(from).unwrap().flatten() {
                let text = std::fs::read_to_string(file.path()).unwrap();
                write_secret(&folder.join("keys").join(file.file_name()), &text).unwrap();
            }
        }
        let keys = Arc::new(Keys::open(&folder.join("keys")).unwrap());
        let catcher = Catcher::start(Plan::local().await.unwrap()).unwrap();
        let plan = BankPlan {
            binaries: built_for_tests().unwrap(),
            logs: folder.join("log"),
            databases: pair.clone(),
            nats_url,
            stream: format!("E2E_{id}"),
            keys: keys.clone(),
            post: Some(Post::caught_by(&catcher)),
            // Many tests share one NATS server; each stream reserves its room there.
            settings: [("JANGBU_NATS_MAX_BYTES", "67108864")]
                .iter()
                .chain(settings)
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let bank = Bank::new(plan).unwrap();
        Self { bank, keys, pair, catcher, databases, folder, http: reqwest::Client::new() }
    }

    /// A second set of processes on the same databases and the same stream.
    pub fn second_workers(&self) -> Bank {
        let plan = self.bank.plan().clone();
        Bank::new(BankPlan { logs: self.folder.join("second-log"), ..plan }).unwrap()
    }

    /// Somebody with a token for this role, at the first command server.
    pub fn client(&mut self, role: Role, id: Uuid) -> TestClient {
        self.client_at(0, role, id)
    }

    /// Somebody at another command server.
    pub fn client_at(&mut self, server: usize, role: Role, id: Uuid) -> TestClient {
        let token = self.keys.token(Actor { role, id: MemberId::new(id) }, 1);
        self.client_with(server, id, token)
    }

    /// Somebody with a token of one's own making.
    pub fn client_with(&mut self, server: usize, id: Uuid, token: String) -> TestClient {
        let command = format!("http://{}", self.bank.address(Part::Command(server)).unwrap());
        let query = format!("http://{}", self.bank.address(Part::Query).unwrap());
        TestClient { http: self.http.clone(), command, query, token, id, reason: String::new() }
    }

    /// A member nobody has seen before.
    pub fn member(&mut self) -> TestClient {
        self.client(Role::Member, RandomIds.fresh())
    }

    /// Somebody without a token.
    pub fn stranger(&mut self) -> TestClient {
        self.client_with(0, Uuid::nil(), String::new())
    }

    /// Waits for the certificate of an erasure.
    pub async fn certificate(&mut self, erasure: Uuid) -> Answer {
        let operator = self.operator();
        let url = format!("{}/v1/erasures/{erasure}", operator.command);
        eventually("an erasure's certificate", async || {
            let answer = operator.send(reqwest::Method::GET, &url, &[], None).await.map_err(|e| e.to_string())?;
            let is_done = answer.status == 200 && answer.body["erased_at"].is_string();
            if is_done { Ok(answer) } else { Err(answer.body.to_string()) }
        })
        .await
    }

    /// Where the processes log.
    pub fn logs(&self) -> PathBuf {
        self.bank.plan().logs.clone()
    }

    /// How many events of a type there are in the log.
    pub async fn count_events(&self, kind: &str) -> i64 {
        let mut log = PgConnection::connect(&self.pair.log.superuser_url()).await.unwrap();
        sqlx::query_scalar("select count(*) from events where type = $1").bind(kind).fetch_one(&mut log).await.unwrap()
    }

    /// The staff.
    pub fn operator(&mut self) -> TestClient {
        self.client(Role::Operator, Uuid::from_u128(0x0e))
    }

    /// A program of the bank.
    pub fn service(&mut self) -> TestClient {
        self.client(Role::Service, Uuid::from_u128(0x5e))
    }

    /// A member with a KRW account that holds this much.
    pub async fn funded_member(&mut self, amount: u64) -> (TestClient, Uuid) {
        let member = self.member();
        let account = member.open("KRW").await;
        if amount > 0 {
            self.service().deposit(account, "KRW", amount).await;
        }
        (member, account)
    }

    /// Where the log ends.
    pub async fn head(&self) -> i64 {
        let url = self.pair.log.superuser_url();
        let mut log = PgConnection::connect(&url).await.unwrap();
        sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.unwrap()
    }

    /// The id of the command that wrote last.
    pub async fn newest_command(&self) -> Uuid {
        let mut log = PgConnection::connect(&self.pair.log.superuser_url()).await.unwrap();
        let newest = "select command_id from commits order by first_position desc limit 1";
        sqlx::query_scalar(newest).fetch_one(&mut log).await.unwrap()
    }

    /// The log, folded and checked.
    pub async fn ledger(&self) -> Ledger {
        let ledger = Ledger::read(&self.pair.log.superuser_url()).await;
        ledger.check_sums();
        ledger
    }

    /// Waits until every view is level with the log.
    pub async fn wait_until_level(&mut self) {
        let operator = self.operator();
        let head = self.head().await;
        eventually("the views are level with the log", async || {
            let url = format!("{}/v1/views", operator.query);
            let answer = operator.send(reqwest::Method::GET, &url, &[], None).await.map_err(|e| e.to_string())?;
            let views =
                answer.body.as_array().filter(|views| !views.is_empty()).ok_or_else(|| answer.body.to_string())?;
            let level = views.iter().all(|view| view["position"].as_i64().is_some_and(|position| position >= head));
            if level { Ok(()) } else { Err(format!("head {head}: {views:?}")) }
        })
        .await;
    }

    /// Waits until the relay has published the whole log.
    pub async fn wait_until_published(&mut self) {
        let head = self.head().await;
        let url = format!("http://{}/metrics", self.bank.address(Part::Relay).unwrap());
        eventually("the log is published", async || {
            let page = self.http.get(&url).send().await.map_err(|error| error.to_string())?;
            let page = page.text().await.map_err(|error| error.to_string())?;
            let position = page.lines().find_map(|line| line.strip_prefix("relay_position ")?.parse::<f64>().ok());
            if position.is_some_and(|position| position >= head as f64) { Ok(()) } else { Err(format!("{position:?}")) }
        })
        .await;
    }

    /// Every account and history in the views is what the log says, seen through the public API.
    pub async fn check_views(&mut self) -> Ledger {
        self.wait_until_level().await;
        let ledger = self.ledger().await;
        let operator = self.operator();
        for (id, account) in ledger.members() {
            let seen = operator.get(&format!("/v1/accounts/{id}")).await.expect(200);
            let found = (seen.text("balance"), seen.number("version"), seen.text("status"), seen.text("asset"));
            let ought =
                (account.balance.to_string(), account.version, account.status.to_owned(), account.asset.clone());
            assert_eq!(found, ought, "the view of account {id} is what the log says");
            let history: Vec<_> = all_items(&operator, &format!("/v1/accounts/{id}/transactions")).await;
            let found: Vec<_> = history.iter().rev().map(posting_of).collect();
            let ought: Vec<_> =
                account.postings.iter().map(|(t, a, b)| (t.to_string(), a.to_string(), b.to_string())).collect();
            assert_eq!(found, ought, "the history of account {id} is what the log says");
        }
        ledger
    }

    /// Checks everything, ends everything, and removes what was made.
    pub async fn close(mut self) -> Ledger {
        let running = self.bank.running().unwrap();
        let has = |part| running.iter().any(|(p, _)| *p == part);
        let ledger =
            if has(Part::Query) && has(Part::Projector) { self.check_views().await } else { self.ledger().await };
        self.bank.check().unwrap();
        self.bank.end_all().await.unwrap();
        self.databases.drop_pair(&self.pair).await.unwrap();
        let plan = self.bank.plan();
        let client = connect_nats(&plan.nats_url).await.unwrap();
        // A bank without a relay never had a stream.
        let context = async_nats::jetstream::new(client);
        let _ = context.delete_stream(&plan.stream).await;
        let _ = context.delete_stream(&plan.public_stream()).await;
        // A test that fails leaves the logs of its processes behind; one that passes does not.
        std::fs::remove_dir_all(&self.folder).unwrap();
        ledger
    }
}

/// Where the local providers are, and the settings of a test.
fn joined<'a>(urls: &'a [(&'static str, String)], settings: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    urls.iter().map(|(name, url)| (*name, url.as_str())).chain(settings.iter().copied()).collect()
}

/// Every item of a list, by its pages.
pub async fn all_items(client: &TestClient, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut page = client.get(&format!("{path}?limit=200")).await.expect(200);
    loop {
        items.extend(page.items().iter().cloned());
        let Some(cursor) = page.body["next_cursor"].as_str() else { return items };
        page = client.get(&format!("{path}?limit=200&cursor={cursor}")).await.expect(200);
    }
}

fn posting_of(item: &Value) -> (String, String, String) {
    let text = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
    (text("transfer_id"), text("amount"), text("balance_after"))
}
