//! What Postgres itself refuses, from any caller.

use event_store_postgres::{CursorError, RelayCursor};
use kernel::Position;
use log::{Append, AppendError, ReadCommits, ReadHead, ReadStreams};

use crate::fixture::{LogFixture, fresh};

fn sqlstate(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|e| e.code()).unwrap_or_else(|| panic!("{error:?}")).into_owned()
}

#[tokio::test]
async fn the_log_cannot_be_rewritten_by_anyone() {
    let fixture = LogFixture::new().await;
    fixture.log.append(&[fresh(2)]).await.unwrap();
    for sql in [
        "delete from log_head",
        "truncate log_head",
        "update log_head set position = 1",
        "update log_head set recorded_at = recorded_at - interval '1 second'",
        "update log_head set log_id = gen_random_uuid()",
    ] {
        let error = fixture.execute(sql).await.expect_err(sql);
        assert_eq!(sqlstate(&error), "23001", "{sql}: {error}");
    }
    assert!(fixture.execute("insert into log_head (singleton) values (false)").await.is_err(), "there is one head");
    assert!(fixture.execute("insert into log_head default values").await.is_err());
    fixture.end().await;
}

#[tokio::test]
async fn an_empty_log_may_still_become_another() {
    let fixture = LogFixture::new().await;
    let before = fixture.log.head().await.unwrap().log;
    fixture.execute("update log_head set log_id = gen_random_uuid()").await.unwrap();
    assert_ne!(fixture.log.head().await.unwrap().log, before);
    fixture.end().await;
}

#[tokio::test]
async fn each_role_may_do_what_its_process_does() {
    let fixture = LogFixture::new().await;
    let writer = fixture.as_role("jangbu_writer");
    writer.append(&[fresh(2)]).await.unwrap();
    writer.head().await.unwrap();
    writer.read_commits(Position::ZERO, 10).await.unwrap();
    writer.find_commits(&[fresh(1).command_id]).await.unwrap();
    let relay = fixture.as_role("jangbu_relay");
    relay.read_commits(Position::ZERO, 10).await.unwrap();
    let cursor = RelayCursor::new(relay.pool().clone());
    let taken = cursor.take_over("test").await.unwrap();
    assert!(cursor.advance(taken.epoch, at(2)).await.unwrap());
    fixture.as_role("jangbu_projector").read_commits(Position::ZERO, 10).await.unwrap();
    let reader = fixture.as_role("jangbu_reader");
    reader.head().await.unwrap();
    reader.recorded_after(Position::ZERO).await.unwrap();
    RelayCursor::new(reader.pool().clone()).read().await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn the_error_of_a_lost_grant_says_what_to_do() {
    let fixture = LogFixture::new().await;
    let reader = fixture.as_role("jangbu_reader");
    fixture.log.append(&[fresh(1)]).await.unwrap();
    let read = reader.read_commits(Position::ZERO, 10).await.unwrap_err();
    let appended = reader.append(&[fresh(1)]).await.unwrap_err();
    for error in [&read as &dyn std::error::Error, &appended] {
        assert!(error.source().unwrap().to_string().contains("run `jangbu doctor`"), "{error:?}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn no_role_may_do_more() {
    let fixture = LogFixture::new().await;
    fixture.log.append(&[fresh(2)]).await.unwrap();
    for role in
        ["jangbu_writer", "jangbu_relay", "jangbu_projector", "jangbu_reader", "jangbu_webhooks", "jangbu_inspector"]
    {
        let log = fixture.as_role(role);
        let mut denied = vec![
            "delete from log_commits",
            "update log_commits set events = '[]'",
            "truncate log_commits",
            "delete from log_commits_00000",
            "delete from log_commands",
            "delete from log_streams",
            "update log_head set log_id = gen_random_uuid()",
            "delete from log_head",
            "drop table log_commits",
            "alter table log_commits disable trigger all",
            "create table public.mine (x int)",
        ];
        if role != "jangbu_writer" {
            denied.extend([
                "insert into log_commands values (gen_random_uuid(), 1)",
                "update log_head set position = position + 1",
            ]);
            assert!(matches!(log.append(&[fresh(1)]).await, Err(AppendError::Refused(_))), "{role}");
        }
        if role != "jangbu_relay" {
            denied.push("update relay_cursor set position = 0");
        }
        if role == "jangbu_reader" {
            denied.push("select * from events");
        }
        for sql in denied {
            let error = sqlx::raw_sql(sql).execute(log.pool()).await.map(|_| ()).expect_err(sql);
            assert_eq!(sqlstate(&error), "42501", "{role}: {sql}: {error}");
        }
    }
    fixture.end().await;
}

#[tokio::test]
async fn an_older_relay_is_fenced_off() {
    let fixture = LogFixture::new().await;
    let cursor = RelayCursor::new(fixture.pool.clone());
    assert_eq!(cursor.read().await.unwrap(), None);
    let first = cursor.take_over("first").await.unwrap();
    assert_eq!(first.position, Position::ZERO);
    assert!(cursor.advance(first.epoch, at(7)).await.unwrap());
    let second = cursor.take_over("second").await.unwrap();
    assert!(second.epoch > first.epoch);
    assert_eq!(second.position, Position::new(7), "the second goes on where the first was");
    assert!(!cursor.advance(first.epoch, at(9)).await.unwrap(), "the first is out");
    let row = cursor.read().await.unwrap().unwrap();
    assert_eq!((row.position, row.holder.as_str(), row.epoch), (Position::new(7), "second", second.epoch));
    let unreachable = RelayCursor::new(fixture.other_pool("dbname=there_is_no_such_database"));
    let _: CursorError = unreachable.read().await.unwrap_err();
    fixture.end().await;
}

fn at(position: i64) -> Option<kernel::CommitRef> {
    let command_id = kernel::CommandId::new(uuid::Uuid::nil());
    Some(kernel::CommitRef { position: Position::new(position), command_id, recorded_at: chrono::DateTime::UNIX_EPOCH })
}
