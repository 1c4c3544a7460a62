//! What Postgres itself refuses, whoever asks.

use event_store_postgres::{CursorError, RelayCursor};
use kernel::Position;
use log::{Append, AppendError, ReadCommits, ReadHead, ReadStreams};

use crate::world::{World, fresh};

fn sqlstate(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|e| e.code()).unwrap_or_else(|| panic!("{error:?}")).into_owned()
}

#[tokio::test]
async fn the_log_cannot_be_rewritten_by_anyone() {
    let world = World::new().await;
    world.log.append(&[fresh(2)]).await.unwrap();
    for sql in [
        "update events set payload = '{}'",
        "update events set version = version where false",
        "delete from events",
        "truncate events",
        "update commits set actor_role = 'o'",
        "delete from commits where false",
        "truncate commits",
        "delete from log_head",
        "truncate log_head",
        "update log_head set position = 1",
        "update log_head set recorded_at = recorded_at - interval '1 second'",
        "update log_head set log_id = gen_random_uuid()",
    ] {
        let error = world.execute(sql).await.expect_err(sql);
        assert_eq!(sqlstate(&error), "23001", "{sql}: {error}");
    }
    assert!(world.execute("insert into log_head (singleton) values (false)").await.is_err(), "there is one head");
    assert!(world.execute("insert into log_head default values").await.is_err());
    world.end().await;
}

#[tokio::test]
async fn an_empty_log_may_still_become_another() {
    let world = World::new().await;
    let before = world.log.head().await.unwrap().log;
    world.execute("update log_head set log_id = gen_random_uuid()").await.unwrap();
    assert_ne!(world.log.head().await.unwrap().log, before);
    world.end().await;
}

#[tokio::test]
async fn each_role_may_do_what_its_process_does() {
    let world = World::new().await;
    let writer = world.as_role("jangbu_writer");
    writer.append(&[fresh(2)]).await.unwrap();
    writer.head().await.unwrap();
    writer.read_commits(Position::ZERO, 10).await.unwrap();
    writer.find_commits(&[fresh(1).command_id]).await.unwrap();
    let relay = world.as_role("jangbu_relay");
    relay.read_commits(Position::ZERO, 10).await.unwrap();
    let cursor = RelayCursor::new(relay.pool().clone());
    let taken = cursor.take_over("test").await.unwrap();
    assert!(cursor.advance(taken.epoch, at(2)).await.unwrap());
    world.as_role("jangbu_projector").read_commits(Position::ZERO, 10).await.unwrap();
    let reader = world.as_role("jangbu_reader");
    reader.head().await.unwrap();
    reader.recorded_after(Position::ZERO).await.unwrap();
    RelayCursor::new(reader.pool().clone()).read().await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn no_role_may_do_more() {
    let world = World::new().await;
    world.log.append(&[fresh(2)]).await.unwrap();
    for role in ["jangbu_writer", "jangbu_relay", "jangbu_projector", "jangbu_reader"] {
        let log = world.as_role(role);
        let mut denied = vec![
            "delete from events",
            "update events set version = 9",
            "truncate events",
            "delete from commits",
            "update commits set actor_role = 'o'",
            "update log_head set log_id = gen_random_uuid()",
            "delete from log_head",
            "drop table events",
            "alter table events disable trigger all",
            "create table public.mine (x int)",
        ];
        if role != "jangbu_writer" {
            denied.extend(["insert into events select * from events", "update log_head set position = position + 1"]);
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
    world.end().await;
}

#[tokio::test]
async fn an_older_relay_is_fenced_off() {
    let world = World::new().await;
    let cursor = RelayCursor::new(world.pool.clone());
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
    let unreachable = RelayCursor::new(world.other_pool("dbname=there_is_no_such_database"));
    let _: CursorError = unreachable.read().await.unwrap_err();
    world.end().await;
}

fn at(position: i64) -> Option<kernel::CommitRef> {
    let command_id = kernel::CommandId::new(uuid::Uuid::nil());
    Some(kernel::CommitRef { position: Position::new(position), command_id, recorded_at: chrono::DateTime::UNIX_EPOCH })
}
