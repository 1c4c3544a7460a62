//! Connections that break in the middle: what is known of an append then.

use std::time::Duration;

use kernel::Position;
use log::{Append, AppendError, ReadStreams};
use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};

use super::Fixture;
use crate::fixture::fresh;

/// A session that holds the head of the log, so that an append stops in the middle.
async fn hold_head(fixture: &Fixture) -> PgConnection {
    let mut holder = PgConnection::connect_with(&fixture.options()).await.unwrap();
    sqlx::raw_sql("begin; select * from log_head for update").execute(&mut holder).await.unwrap();
    holder
}

#[tokio::test]
async fn a_session_ended_in_the_middle_leaves_the_outcome_unknown_until_it_is_looked_up() {
    let fixture = Fixture::new().await;
    let mut holder = hold_head(&fixture).await;
    let lost = fresh(3);
    let appending = tokio::spawn({
        let (log, lost) = (fixture.log.clone(), lost.clone());
        async move { log.append(&[lost]).await }
    });
    let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%with locked as%'";
    timeout(Duration::from_secs(20), async {
        while sqlx::query_scalar::<_, i64>(terminate).fetch_one(&fixture.pool).await.unwrap() == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    assert!(matches!(appending.await.unwrap(), Err(AppendError::Unknown(_))));
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    assert!(fixture.log.find_commits(&[lost.command_id]).await.unwrap().is_empty(), "the truth can be looked up");
    assert_eq!(fixture.log.append(&[lost]).await.unwrap().first, Position::new(1), "no position was used up");
    fixture.end().await;
}

#[tokio::test]
async fn an_append_that_is_not_answered_in_time_is_unknown_and_may_have_been_written() {
    let fixture = Fixture::new().await;
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
    let fixture = Fixture::new().await;
    let mut holder = hold_head(&fixture).await;
    for setting in ["statement_timeout", "lock_timeout"] {
        let log = fixture.other(&format!("options=-c%20{setting}%3D200"));
        assert!(matches!(log.append(&[fresh(1)]).await, Err(AppendError::Unavailable(_))), "{setting}");
    }
    sqlx::raw_sql("rollback").execute(&mut holder).await.unwrap();
    assert_eq!(fixture.position().await, 0);
    fixture.end().await;
}
