//! What Postgres itself refuses, from any caller.

use kernel::{Position, Version};
use log::{Append, AppendError, ReadCommits, ReadHead, ReadStreams};

use super::Fixture;
use crate::fixture::{commit, event, fresh, stream};

fn sqlstate(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|e| e.code()).unwrap_or_else(|| panic!("{error:?}")).into_owned()
}

#[tokio::test]
async fn the_log_cannot_be_rewritten_by_anyone() {
    let fixture = Fixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![event(a, 1), event(a, 2)])]).await.unwrap();
    for sql in [
        "update log_commits set events = '[]'",
        "update log_commits_00000 set actor_role = 'o'",
        "delete from log_commits where false",
        "delete from log_commits_00000",
        "truncate log_commits",
        "truncate log_commits_00000",
        "update log_commands set first_position = 9",
        "delete from log_commands",
        "truncate log_commands",
        "delete from log_streams",
        "truncate log_streams",
        "update log_streams set version = 1",
        "update log_streams set kind = 'other'",
        "update log_streams set owner = gen_random_uuid()",
        "update log_streams set newest_position = 0",
        "update log_streams set first_position = 7",
    ] {
        let error = fixture.execute(sql).await.expect_err(sql);
        assert_eq!(sqlstate(&error), "23001", "{sql}: {error}");
    }
    let new = "select add_commit_partitions(9); delete from log_commits_00009";
    assert_eq!(sqlstate(&fixture.execute(new).await.expect_err(new)), "23001");
    fixture.end().await;
}

#[tokio::test]
async fn each_role_may_do_what_its_process_does() {
    let fixture = Fixture::new().await;
    let writer = fixture.as_role("jangbu_writer");
    let a = stream();
    writer.append(&[commit(vec![event(a, 1)])]).await.unwrap();
    writer.append(&[commit(vec![event(a, 2)]), fresh(1)]).await.unwrap();
    writer.head().await.unwrap();
    writer.find_commits(&[fresh(1).command_id]).await.unwrap();
    assert_eq!(super::versions(&writer, a).await, [1, 2]);
    let readers = [
        "jangbu_relay",
        "jangbu_projector",
        "jangbu_auditor",
        "jangbu_publisher",
        "jangbu_webhooks",
        "jangbu_inspector",
    ];
    for role in readers {
        assert_eq!(fixture.as_role(role).read_commits(Position::ZERO, 10).await.unwrap().len(), 3, "{role}");
    }
    // How a stream began: a later event may leave out what the first one says.
    for role in ["jangbu_publisher", "jangbu_webhooks"] {
        let first = fixture.as_role(role).read_event(a, Version::new(1)).await.unwrap();
        assert_eq!(first.map(|event| event.version), Some(Version::new(1)), "{role}");
    }
    let reader = fixture.as_role("jangbu_reader");
    reader.head().await.unwrap();
    reader.recorded_after(Position::ZERO).await.unwrap();
    reader.commit_refs(&[Position::new(1)]).await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn no_role_may_do_more() {
    let fixture = Fixture::new().await;
    fixture.log.append(&[fresh(2)]).await.unwrap();
    let others = [
        "jangbu_relay",
        "jangbu_projector",
        "jangbu_reader",
        "jangbu_auditor",
        "jangbu_publisher",
        "jangbu_webhooks",
        "jangbu_inspector",
    ];
    for role in ["jangbu_writer"].into_iter().chain(others) {
        let log = fixture.as_role(role);
        let mut denied = vec![
            "delete from log_commits",
            "update log_commits set actor_role = 'o'",
            "truncate log_commits",
            "delete from log_commands",
            "update log_commands set first_position = 9",
            "delete from log_streams",
            "drop table log_commits_00000",
            "alter table log_commits detach partition log_commits_00000",
            "select * from log_commits_00000",
        ];
        if role != "jangbu_writer" {
            denied.extend([
                "insert into log_commands values (gen_random_uuid(), 9)",
                "update log_streams set version = version",
                "update log_head set digest = digest",
                "select add_commit_partitions(1)",
            ]);
            assert!(matches!(log.append(&[fresh(1)]).await, Err(AppendError::Refused(_))), "{role}");
        }
        if role == "jangbu_reader" {
            denied.extend(["select events from log_commits", "select * from log_streams"]);
        }
        for sql in denied {
            let error = sqlx::raw_sql(sql).execute(log.pool()).await.map(|_| ()).expect_err(sql);
            assert_eq!(sqlstate(&error), "42501", "{role}: {sql}: {error}");
        }
    }
    fixture.end().await;
}
