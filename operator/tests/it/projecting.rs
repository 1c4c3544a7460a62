//! Views that are brought on one by one, and what is seen of them behind the binary's back.

use std::{str::FromStr, sync::Arc, time::Duration};

use kernel::Position;
use log::ReadHead;
use projection_engine::{Runner, Settings, Sources, State, inbox};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
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
        self.on_log(&format!(
            "delete from commits where last_position > {position};
             delete from events where position > (select max(last_position) from commits);
             update log_head set position = c.last_position, recorded_at = c.recorded_at
             from (select last_position, recorded_at from commits order by first_position desc limit 1) as c"
        ))
        .await;
    }

    /// Appends four commits: a frozen account is unfrozen and frozen again, twice.
    pub async fn append_turns(&self, account: Uuid) {
        let mut connection = PgConnection::connect(self.log.as_str()).await.expect("connect");
        let (version, balance): (i64, String) = sqlx::query_as(
            "select version, payload->>'balance' from events where stream_id = $1 order by version desc limit 1",
        )
        .bind(account)
        .fetch_one(&mut connection)
        .await
        .expect("it has events");
        for (kind, step) in [("AccountUnfrozen", 1), ("AccountFrozen", 2), ("AccountUnfrozen", 3), ("AccountFrozen", 4)]
        {
            let payload = serde_json::json!({ "balance": balance }).to_string();
            let mut tx = connection.begin().await.expect("begin");
            let head: i64 = sqlx::query_scalar(
                "update log_head set position = position + 1, recorded_at = greatest(recorded_at, clock_timestamp())
                 returning position",
            )
            .fetch_one(&mut *tx)
            .await
            .expect("a log");
            sqlx::query(
                "insert into commits select $1, $1, recorded_at, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
                    decode(repeat('00', 16), 'hex'), 'o' from log_head",
            )
            .bind(head)
            .execute(&mut *tx)
            .await
            .expect("a commit");
            sqlx::query("insert into events values ($1, $2, $3, 1, $4, $5::json)")
                .bind(head)
                .bind(version + step)
                .bind(account)
                .bind(kind)
                .bind(payload)
                .execute(&mut *tx)
                .await
                .expect("an event");
            tx.commit().await.expect("commit");
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
