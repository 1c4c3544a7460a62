//! The chain through the commits of a stream.

use kernel::{StreamId, Version};
use log::{Append, FromVersion, ReadError, ReadStreams};

use super::{Fixture, versions};
use crate::fixture::{commit, event, fresh, stream};

async fn after(fixture: &Fixture, stream: StreamId, version: i64) -> Vec<i64> {
    let asked = [(stream, FromVersion::After(Version::new(version)))];
    let read = fixture.log.read_streams(&asked).await.unwrap().remove(0);
    read.events.iter().map(|event| event.version.number()).collect()
}

#[tokio::test]
async fn a_stream_is_walked_through_many_commits_and_appends() {
    let fixture = Fixture::new().await;
    let (a, b) = (stream(), stream());
    // Several in one commit, several commits in one append, several appends.
    fixture.log.append(&[commit(vec![event(a, 1), event(b, 1), event(a, 2)]), fresh(2)]).await.unwrap();
    fixture
        .log
        .append(&[fresh(1), commit(vec![event(a, 3)]), fresh(3), commit(vec![event(b, 2), event(a, 4), event(a, 5)])])
        .await
        .unwrap();
    for version in 6..=40 {
        fixture.log.append(&[fresh(1), commit(vec![event(a, version)])]).await.unwrap();
    }
    assert_eq!(versions(&fixture.log, a).await, (1..=40).collect::<Vec<_>>());
    assert_eq!(versions(&fixture.log, b).await, [1, 2]);
    for from in [1, 2, 3, 4, 5, 20, 39, 40] {
        assert_eq!(after(&fixture, a, from).await, (from + 1..=40).collect::<Vec<_>>(), "after {from}");
    }
    for version in [1, 2, 3, 4, 5, 17, 40] {
        let found = fixture.log.read_event(a, Version::new(version)).await.unwrap().unwrap();
        assert_eq!(found.payload.get(), format!(r#"{{"n":{version}}}"#));
    }
    assert!(fixture.log.read_event(a, Version::new(41)).await.unwrap().is_none());
    assert!(fixture.log.read_event(stream(), Version::new(1)).await.unwrap().is_none());
    fixture.end().await;
}

#[tokio::test]
async fn references_to_commits_of_the_same_append_are_distances() {
    let fixture = Fixture::new().await;
    let a = stream();
    fixture.log.append(&[fresh(5)]).await.unwrap();
    let commits =
        [commit(vec![event(a, 1)]), fresh(2), commit(vec![event(a, 2), event(a, 3)]), commit(vec![event(a, 4)])];
    fixture.log.append(&commits).await.unwrap();
    fixture.log.append(&[commit(vec![event(a, 5)])]).await.unwrap();
    let previous: Vec<i64> = sqlx::query_scalar(
        "select (event ->> 2)::int8 from log_commits, json_array_elements(events) as event
         where event ->> 0 = $1 order by (event ->> 1)::int8",
    )
    .bind(a.to_string())
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    // Commits begin at 6, 7, 9, 11 and 12.
    assert_eq!(previous, [0, -3, 0, -2, 11]);
    assert_eq!(versions(&fixture.log, a).await, [1, 2, 3, 4, 5]);
    fixture.end().await;
}

#[tokio::test]
async fn a_walk_longer_than_a_statement_goes_on() {
    let fixture = Fixture::new().await;
    let (a, b) = (stream(), stream());
    let commits: Vec<_> = (1..=2_500).map(|version| commit(vec![event(a, version)])).collect();
    fixture.log.append(&commits).await.unwrap();
    fixture.log.append(&[commit(vec![event(b, 1)])]).await.unwrap();
    let asked = [(b, FromVersion::After(Version::ZERO)), (a, FromVersion::After(Version::new(3)))];
    let read = fixture.log.read_streams(&asked).await.unwrap();
    assert_eq!(read[0].events.len(), 1);
    assert_eq!(read[1].events.iter().map(|e| e.version.number()).collect::<Vec<_>>(), (4..=2_500).collect::<Vec<_>>());
    fixture.end().await;
}

#[tokio::test]
async fn damage_is_reported_and_never_read_over() {
    let fixture = Fixture::new().await;
    let a = stream();
    for version in 1..=3 {
        fixture.log.append(&[commit(vec![event(a, version)])]).await.unwrap();
    }
    // Only someone who may switch the fence off can do this.
    fixture
        .execute(
            "alter table log_commits_00000 disable trigger append_only; alter table log_commits disable trigger append_only;
             delete from log_commits where first_position = 2",
        )
        .await
        .unwrap();
    let asked = [(a, FromVersion::After(Version::ZERO))];
    let read = fixture.log.read_streams(&asked).await;
    assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
    match log::ReadCommits::read_commits(&fixture.log, kernel::Position::ZERO, 100).await {
        Err(ReadError::Damaged { position, .. }) => assert_eq!(position.number(), 2),
        other => panic!("{other:?}"),
    }
    fixture.drop().await;
}
