//! Connections that break, and servers that are away: what is known of an append then.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::Position;
use log::{Append, AppendError, ReadError, ReadHead, ReadStreams};
use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};

use crate::fixture::{LogFixture, fresh};

/// A session that holds the head of the log, so that an append stops in the middle.
async fn hold_head(fixture: &LogFixture) -> PgConnection {
    let mut holder = PgConnection::connect_with(&fixture.options()).await.unwrap();
    sqlx::raw_sql("begin; select * from log_head for update").execute(&mut holder).await.unwrap();
    holder
}

/// Waits until an append has stopped, and ends its session.
async fn terminate_append(fixture: &LogFixture) {
    let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%with locked as%'";
    while sqlx::query_scalar::<_, i64>(terminate).fetch_one(&fixture.pool).await.unwrap() == 0 {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_session_ended_in_the_middle_leaves_the_outcome_unknown_until_it_is_looked_up() {
    let fixture = LogFixture::new().await;
    let mut holder = hold_head(&fixture).await;
    let lost = fresh(3);
    let appending = tokio::spawn({
        let (log, lost) = (fixture.log.clone(), lost.clone());
        async move { log.append(&[lost]).await }
    });
    terminate_append(&fixture).await;
    assert!(matches!(appending.await.unwrap(), Err(AppendError::Unknown(_))));
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();

    assert!(fixture.log.find_commits(&[lost.command_id]).await.unwrap().is_empty(), "the truth can be looked up");
    assert_eq!(fixture.log.append(&[lost]).await.unwrap().first, Position::new(1), "no position was used up");
    fixture.end().await;
}

#[tokio::test]
async fn an_append_that_is_not_answered_in_time_is_unknown_and_may_have_been_written() {
    let fixture = LogFixture::new().await;
    let mut holder = hold_head(&fixture).await;
    let log = fixture.log.clone().with_append_timeout(Duration::from_millis(200));
    let late = fresh(1);
    assert!(matches!(log.append(std::slice::from_ref(&late)).await, Err(AppendError::Unknown(_))));
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    // Postgres goes on with the statement that it got: the caller has to look.
    timeout(Duration::from_secs(5), async {
        while fixture.log.find_commits(&[late.command_id]).await.unwrap().is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn a_statement_time_out_has_written_nothing() {
    let fixture = LogFixture::new().await;
    let mut holder = hold_head(&fixture).await;
    for setting in ["statement_timeout", "lock_timeout"] {
        let log = PostgresLog::new(fixture.other_pool(&format!("options=-c%20{setting}%3D200")));
        assert!(matches!(log.append(&[fresh(1)]).await, Err(AppendError::Unavailable(_))), "{setting}");
    }
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    assert_eq!(fixture.position().await, 0);
    fixture.end().await;
}

#[tokio::test]
async fn a_server_that_is_away_was_never_asked() {
    let options = PoolOptions { acquire_timeout: Duration::from_millis(300), ..PoolOptions::log("test", 2) };
    let log = PostgresLog::new(connect("postgres://nobody@127.0.0.1:9/nothing", &options).unwrap());
    assert!(matches!(log.append(&[fresh(1)]).await, Err(AppendError::Unavailable(_))));
    assert!(matches!(log.head().await, Err(ReadError::Unavailable(_))));
}

#[tokio::test]
async fn a_standby_is_not_the_log_and_has_written_nothing() {
    let fixture = LogFixture::new().await;
    let log = PostgresLog::new(fixture.other_pool("options=-c%20default_transaction_read_only%3Don"));
    assert!(matches!(log.append(&[fresh(1)]).await, Err(AppendError::Unavailable(_))));
    fixture.end().await;
}

#[tokio::test]
async fn idle_connections_that_died_are_not_given_out() {
    let fixture = LogFixture::new().await;
    fixture.log.append(&[fresh(1)]).await.unwrap();
    let mut killer = PgConnection::connect_with(&fixture.options()).await.unwrap();
    sqlx::raw_sql(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&mut killer)
    .await
    .unwrap();
    sleep(Duration::from_millis(600)).await;
    fixture.log.append(&[fresh(1)]).await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn a_database_without_the_tables_holds_no_log() {
    let fixture = LogFixture::without_log().await;
    assert!(matches!(fixture.log.head().await, Err(ReadError::NoLog)));
    assert!(matches!(fixture.log.append(&[fresh(1)]).await, Err(AppendError::Refused(_))));
    fixture.drop().await;
}

#[test]
fn a_url_that_cannot_be_read_is_reported_without_its_password() {
    let error = connect("postgres://me:secret@[nonsense", &PoolOptions::log("test", 1)).unwrap_err();
    assert!(!format!("{error}").contains("secret"));
}
