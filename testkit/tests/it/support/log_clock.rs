//! The clock of a log, set by a test.
//!
//! The log takes the time from `clock_timestamp()`, without the name of a schema (docs/decisions/0006). In the
//! database of one test a schema stands before `pg_catalog` on the search path, and its function is taken instead,
//! in every session that is opened from then on. Nothing is preloaded into Postgres, and the other databases of the
//! server keep their time. What fixes its own search path keeps the real clock: the functions that make partitions
//! and raise alarms, which give no commit its time.
//!
//! The processes decide by the clock of their machine when to *try* a step, and that clock stays as it is: see
//! [`EarlyTimers`].

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{TestApp, eventually};

const FAKE: &str = "
    create schema fake;
    create table fake.shift (ahead interval not null);
    insert into fake.shift values ('0');
    create function fake.clock_timestamp() returns timestamptz language sql volatile as
        'select pg_catalog.clock_timestamp() + ahead from fake.shift';
    grant usage on schema fake to public;
    grant select on fake.shift to public;";

/// The processes that wait for a time.
const TIMERS: [&str; 3] = ["hold-expiry", "offer-expiry", "standing-orders"];

/// The clock of a log. It goes on from wherever it is set.
pub struct LogClock {
    log: PgConnection,
}

impl LogClock {
    /// Takes over the clock of an empty log, before any process has opened its database.
    pub async fn take_over(app: &TestApp, now: DateTime<Utc>) -> Self {
        let database = &app.pair.log;
        let mut log = PgConnection::connect(&database.superuser_url()).await.unwrap();
        let path = format!("alter database {} set search_path = fake, pg_catalog, public", database.name);
        for sql in [FAKE, path.as_str()] {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut log).await.unwrap();
        }
        // The head of an empty log takes any time. So the test does not depend on the date of today.
        sqlx::query("update log_head set recorded_at = $1").bind(now).execute(&mut log).await.unwrap();
        let mut clock = Self { log };
        clock.set(now).await;
        clock
    }

    /// Sets it. The times of commits never go back: after a step back they stand still until it shows the time of
    /// the last one again.
    pub async fn set(&mut self, now: DateTime<Utc>) {
        sqlx::query("update fake.shift set ahead = $1::timestamptz - pg_catalog.clock_timestamp()")
            .bind(now)
            .execute(&mut self.log)
            .await
            .unwrap();
    }

    /// Waits until a step was tried, and put off because it is too early by the log's clock: the one of a hold or an
    /// offer, or the run of an order that is due then.
    pub async fn is_too_early(&mut self, instance: Uuid, due_at: Option<DateTime<Utc>>) {
        let log = &mut self.log;
        eventually("a step was tried too early", async || {
            try_early(log).await;
            let tried: bool = sqlx::query_scalar(
                "select exists (select from process_instances
                     where instance = $1 and data ->> 'waits_for' = 'the log''s clock'
                     and ($2::timestamptz is null or (data ->> 'due_at')::timestamptz = $2))",
            )
            .bind(instance)
            .bind(due_at)
            .fetch_one(&mut *log)
            .await
            .unwrap();
            if tried { Ok(()) } else { Err(format!("{instance}, {due_at:?}")) }
        })
        .await;
    }

    /// How often the time went back from one commit to the next.
    pub async fn steps_back(&mut self) -> i64 {
        sqlx::query_scalar(
            "select count(*) from (
                 select recorded_at < lag(recorded_at) over (order by first_position) as is_back from commits
             ) as commit where is_back",
        )
        .fetch_one(&mut self.log)
        .await
        .unwrap()
    }
}

/// Has the processes try every step that they keep for later.
async fn try_early(log: &mut PgConnection) {
    // It waits for no row, so that the runner, which changes several at once, is never part of a deadlock.
    sqlx::query(
        "with late as (
             select process, instance from process_instances
             where process = any($1) and due > pg_catalog.clock_timestamp()
             for update skip locked
         )
         update process_instances as kept set due = pg_catalog.clock_timestamp()
         from late where kept.process = late.process and kept.instance = late.instance",
    )
    .bind(TIMERS)
    .execute(log)
    .await
    .unwrap();
}

/// Has every step tried early, again and again, until it is dropped, as a server does whose own clock is far ahead
/// of the log's. When the time has come is then up to the log's clock alone.
pub struct EarlyTimers(JoinHandle<()>);

impl EarlyTimers {
    pub async fn start(app: &TestApp) -> Self {
        let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
        Self(tokio::spawn(async move {
            loop {
                try_early(&mut log).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }))
    }
}

impl Drop for EarlyTimers {
    fn drop(&mut self) {
        self.0.abort();
    }
}
