//! Views that are brought on one by one, and what is seen of them behind the binary's back.

use std::{str::FromStr, sync::Arc, time::Duration};

use kernel::Position;
use log::ReadHead;
use projection_engine::{Runner, Settings, Sources, State, inbox};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use testkit::kit::{EditedCommit, EditedEvent};
use tokio::{sync::watch, time::timeout};
use uuid::Uuid;

use crate::databases::TestDatabases;

impl TestDatabases {
    /// The end of the log.
    pub async fn head(&self) -> i64 {
        let mut connection = PgConnection::connect(self.log.as_str()).await.expect("connect");
        sqlx::query_scalar("select position from log_head").fetch_one(&mut connection).await.expect("a log")
    }

    /// Loses what the log holds after a position, as a log does that is restored from a backup: it keeps its id.
    pub async fn restore_to(&self, position: i64) {
        self.edit_log(|log| log.cut_after(position)).await;
    }

    /// Appends four commits: a frozen account is unfrozen and frozen again, twice.
    pub async fn append_turns(&self, account: Uuid) {
        for kind in ["AccountUnfrozen", "AccountFrozen", "AccountUnfrozen", "AccountFrozen"] {
            self.edit_log(|log| {
                let newest = log.newest_of(account);
                let payload = serde_json::json!({ "balance": newest.json()["balance"] }).to_string();
                let turn = EditedEvent::new(account, newest.version + 1, kind, payload);
                log.append(EditedCommit::new(vec![turn]));
            })
            .await;
        }
    }

    /// Brings these views to the end of the log.
    pub async fn project_some(&self, names: &[&str]) {
        for name in names {
            assert!(self.projects(name, Duration::from_secs(20)).await, "{name} does not get there");
        }
    }

    /// Whether a view gets to the end of the log in time.
    pub async fn projects(&self, name: &str, time: Duration) -> bool {
        let head = Position::new(self.head().await);
        self.follow_until(name, time, move |status| status.position >= head).await
    }

    /// Lets a view go on until it is stuck.
    pub async fn project_until_stuck(&self, name: &str) {
        let stuck = |status: &projection_engine::Status| matches!(status.state, State::Stuck(_));
        assert!(self.follow_until(name, Duration::from_secs(20), stuck).await, "{name} is not stuck");
    }

    async fn follow_until(
        &self,
        name: &str,
        time: Duration,
        reached: impl FnMut(&projection_engine::Status) -> bool,
    ) -> bool {
        let options = event_store_postgres::PoolOptions::log("operator tests", 4);
        let pool = event_store_postgres::connect(self.log.as_str(), &options).expect("a pool");
        let log = Arc::new(event_store_postgres::PostgresLog::new(pool.clone()));
        let head = log.head().await.expect("head").position;
        let database = PgConnectOptions::from_str(self.views.as_str()).expect("options");
        let view = views::all().into_iter().find(|view| view.name() == name).expect("a view");
        let (_outlet, inbox) = inbox(10_000);
        let (_sender, reachable) = watch::channel(head);
        let recheck = watch::channel(0).1;
        let sources = Sources { inbox, reachable, recheck, log, decoder: Arc::new(views::Decoder) };
        // Commit by commit: what a batch would hide is seen.
        let settings = Settings { max_events: 1, pace: Duration::ZERO, ..Settings::default() };
        let runner = Runner::new(view, &database, sources, settings);
        let mut status = runner.status();
        let task = tokio::spawn(runner.run());
        let there = timeout(time, status.wait_for(reached)).await.is_ok_and(|seen| seen.is_ok());
        if there {
            // What it has just seen is written down a moment later.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        task.abort();
        let _ = task.await;
        pool.close().await;
        there
    }

    /// The JSON rows of a query in the views' database.
    pub async fn views_lines(&self, sql: &str) -> Vec<Value> {
        let mut connection = PgConnection::connect(self.views.as_str()).await.expect("connect");
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.expect("rows")
    }

    /// Whether the views' database refuses a statement, even of a superuser.
    pub async fn views_refuse(&self, sql: &str) -> bool {
        let mut connection = PgConnection::connect(self.views.as_str()).await.expect("connect");
        connection.execute(AssertSqlSafe(sql.to_owned())).await.is_err()
    }
}
