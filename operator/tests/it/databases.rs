//! Databases of a test's own: migrated by the binary, filled by the real projections.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use database::migrations::Database;
use kernel::{Ids, Position, RandomIds, Zone};
use log::ReadHead;
use projection_engine::{Runner, Settings, Sources, inbox};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use testkit::kit::{Databases, EditedLog, LAST_BEFORE_COMMIT_ROWS, migrate_until, test_variable};
use tokio::sync::watch;
use url::Url;

use crate::{
    bank::Bank,
    run::{Run, jangbu},
};

/// Three databases, dropped in the end.
pub struct TestDatabases {
    server: Url,
    pub log: Url,
    pub views: Url,
    pub vault: Url,
    /// What is dropped in the end.
    own: Vec<Url>,
}

impl TestDatabases {
    /// Empty databases.
    pub async fn empty() -> Self {
        let server = server();
        let id = RandomIds.fresh().simple();
        let log = database(&server, &format!("operator_log_{id}"));
        let views = database(&server, &format!("operator_views_{id}"));
        let vault = database(&server, &format!("operator_vault_{id}"));
        let own = vec![log.clone(), views.clone(), vault.clone()];
        let databases = Self { server, log, views, vault, own };
        for url in &databases.own {
            databases.on_server(&format!("create database {}", name(url))).await;
        }
        databases
    }

    /// Migrated databases with the first generation of every view and an empty log.
    pub async fn migrated() -> Self {
        let databases = Self::empty().await;
        // Roles belong to the whole server: tests that run beside this one make the same.
        let mut lock = PgConnection::connect(databases.server.as_str()).await.expect("connect");
        lock.execute("select pg_advisory_lock(hashtext('roles of tests'))").await.expect("lock");
        databases.run(&["migrate", "up"]).expect(0);
        let options = PgConnectOptions::from_str(databases.views.as_str()).expect("options");
        projection_engine::ensure(&options, &views::all(), Zone::SEOUL).await.expect("generations");
        lock.close().await.expect("close");
        databases
    }

    /// A bank with all that can happen in it, and views that have all of it.
    pub async fn with_bank() -> Self {
        let databases = Self::migrated().await;
        Bank::busy().write(&databases.log).await;
        databases.project().await;
        databases
    }

    /// A bank whose log has the form before, in databases that are migrated: it waits for its conversion, and has no views yet.
    pub async fn with_bank_before() -> Self {
        let databases = Self::empty().await;
        let mut lock = PgConnection::connect(databases.server.as_str()).await.expect("connect");
        lock.execute("select pg_advisory_lock(hashtext('roles of tests'))").await.expect("lock");
        migrate_until(Database::Log, databases.log.as_str(), LAST_BEFORE_COMMIT_ROWS).await.expect("a log");
        Bank::busy().write(&databases.log).await;
        databases.run(&["migrate", "up"]).expect(0);
        let options = PgConnectOptions::from_str(databases.views.as_str()).expect("options");
        projection_engine::ensure(&options, &views::all(), Zone::SEOUL).await.expect("generations");
        lock.close().await.expect("close");
        databases
    }

    /// Those of a bank that an earlier build wrote, as it left them.
    pub async fn restored(folder: &Path) -> Self {
        let pair = Databases::of_this_test_run().expect("a server").restore_pair(folder).await.expect("a bank");
        let [log, views, vault] =
            [pair.log, pair.views, pair.vault].map(|database| database.superuser_url().parse::<Url>().expect("a URL"));
        Self { server: server(), own: vec![log.clone(), views.clone(), vault.clone()], log, views, vault }
    }

    /// A copy of this log, and these views themselves.
    pub async fn with_copied_log(&self) -> Self {
        let log = self.copy(&self.log, "operator_log").await;
        Self { log: log.clone(), own: vec![log], ..self.another() }
    }

    /// A copy of these views, and this log itself.
    pub async fn with_copied_views(&self) -> Self {
        let views = self.copy(&self.views, "operator_views").await;
        Self { views: views.clone(), own: vec![views], ..self.another() }
    }

    /// The same databases, but none to be dropped.
    fn another(&self) -> Self {
        let [log, views, vault] = [&self.log, &self.views, &self.vault].map(Url::clone);
        Self { server: self.server.clone(), log, views, vault, own: vec![] }
    }

    async fn copy(&self, old: &Url, kind: &str) -> Url {
        let new = database(&self.server, &format!("{kind}_{}", RandomIds.fresh().simple()));
        self.on_server(&format!("create database {} template {}", name(&new), name(old))).await;
        new
    }

    /// Brings every view to the end of the log, as the projector does.
    pub async fn project(&self) {
        let pool = event_store_postgres::connect(
            self.log.as_str(),
            &event_store_postgres::PoolOptions::log("operator tests", 4),
        )
        .expect("a pool");
        let log = Arc::new(event_store_postgres::PostgresLog::new(pool.clone()));
        let head = log.head().await.expect("head").position;
        let options = PgConnectOptions::from_str(self.views.as_str()).expect("options");
        for view in views::all() {
            let (_outlet, inbox) = inbox(10_000);
            let (_sender, reachable) = watch::channel(head);
            let recheck = watch::channel(0).1;
            let sources = Sources { inbox, reachable, recheck, log: log.clone(), decoder: Arc::new(views::Decoder) };
            let runner = Runner::new(view, &options, sources, Settings::default());
            follow(runner, head).await;
        }
        pool.close().await;
    }

    /// Runs SQL in the log's database as someone whom no trigger stops.
    pub async fn on_log(&self, sql: &str) {
        behind_the_back(&self.log, sql).await;
    }

    /// Edits the log as if nobody guarded it.
    pub async fn edit_log(&self, edit: impl FnOnce(&mut EditedLog)) {
        EditedLog::edit(self.log.as_str(), edit).await.expect("an edited log");
    }

    /// Runs SQL in the views' database, in the same way.
    pub async fn on_views(&self, sql: &str) {
        behind_the_back(&self.views, sql).await;
    }

    /// The same in the vault's database.
    pub async fn on_vault(&self, sql: &str) {
        behind_the_back(&self.vault, sql).await;
    }

    /// Which log this is.
    pub async fn log_id(&self) -> uuid::Uuid {
        let mut connection = PgConnection::connect(self.log.as_str()).await.expect("connect");
        sqlx::query_scalar("select log_id from log_head").fetch_one(&mut connection).await.expect("a log")
    }

    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("JANGBU_LOG_DATABASE_URL", self.log.to_string()),
            ("JANGBU_VIEWS_DATABASE_URL", self.views.to_string()),
            ("JANGBU_VAULT_DATABASE_URL", self.vault.to_string()),
        ]
    }

    /// Runs the binary on these databases.
    pub fn run(&self, arguments: &[&str]) -> Run {
        jangbu(&self.variables(), arguments)
    }

    /// Drops the databases.
    pub async fn drop(self) {
        for url in &self.own {
            self.on_server(&format!("drop database {} with (force)", name(url))).await;
        }
    }

    async fn on_server(&self, sql: &str) {
        let mut connection = PgConnection::connect(self.server.as_str()).await.expect("connect");
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

async fn follow(runner: Runner<events::recorded::Event>, head: Position) {
    let mut status = runner.status();
    let task = tokio::spawn(runner.run());
    let level = status.wait_for(|status| status.position >= head);
    tokio::time::timeout(Duration::from_secs(20), level).await.expect("the view gets there").expect("it runs");
    task.abort();
    let _ = task.await;
}

async fn behind_the_back(url: &Url, sql: &str) {
    let mut connection = PgConnection::connect(url.as_str()).await.expect("connect");
    connection.execute("set session_replication_role = replica").await.expect("a superuser");
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("close");
}

fn server() -> Url {
    test_variable("JANGBU_TEST_POSTGRES_URL").expect("a test run").parse().expect("a URL")
}

fn database(server: &Url, name: &str) -> Url {
    let mut url = server.clone();
    url.set_path(name);
    url
}

fn name(url: &Url) -> &str {
    url.path().trim_start_matches('/')
}
