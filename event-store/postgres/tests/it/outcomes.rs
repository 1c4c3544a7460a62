//! Connections that break, and servers that are away: what is known of an append then.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use event_store_postgres::{PoolOptions, PostgresLog, connect};
use log::{Append, AppendError, ReadError, ReadHead};
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;

use crate::fixture::{LogFixture, fresh};

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
