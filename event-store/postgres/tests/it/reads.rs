//! Reading by position and by stream.

use kernel::{Position, StreamId, Version};
use log::{Append, FromVersion, ReadCommits, ReadError, ReadStreams, Snapshot};

use crate::fixture::{LogFixture, commit, event, fresh, stream};

fn snapshot(stream: StreamId, version: i64, state_schema: i32, state: &str) -> Snapshot {
    Snapshot { stream, version: Version::new(version), state_schema, state: state.to_owned() }
}

const SCHEMA: FromVersion = FromVersion::Snapshot { state_schema: 3 };

#[tokio::test]
async fn streams_are_read_together_and_in_the_order_asked() {
    let fixture = LogFixture::new().await;
    let (a, b, empty) = (stream(), stream(), stream());
    let events = vec![event(a, 1), event(b, 1), event(a, 2), event(a, 3)];
    fixture.log.append(&[commit(events), commit(vec![event(b, 2)])]).await.unwrap();
    let asked = [(b, SCHEMA), (empty, SCHEMA), (a, FromVersion::After(Version::new(1))), (a, SCHEMA), (b, SCHEMA)];
    let loaded = fixture.log.read_streams(&asked).await.unwrap();
    let versions: Vec<Vec<i64>> =
        loaded.iter().map(|read| read.events.iter().map(|e| e.version.number()).collect()).collect();
    assert_eq!(versions, [vec![1, 2], vec![], vec![2, 3], vec![1, 2, 3], vec![1, 2]]);
    assert!(loaded.iter().zip(asked).all(|(read, (id, _))| read.events.iter().all(|e| e.stream == id)));
    assert!(loaded.iter().all(|read| read.state.is_none()));
    assert!(fixture.log.read_streams(&[]).await.unwrap().is_empty());
    fixture.end().await;
}

#[tokio::test]
async fn a_state_shortens_the_tail() {
    let fixture = LogFixture::new().await;
    let (a, level, foreign) = (stream(), stream(), stream());
    let events = [a, level, foreign].into_iter().flat_map(|s| (1..=4).map(move |v| event(s, v))).collect();
    fixture.log.append(&[commit(events)]).await.unwrap();
    let kept = [snapshot(a, 2, 3, r#"{"s":2}"#), snapshot(level, 4, 3, r#"{"s":4}"#), snapshot(foreign, 2, 9, "{}")];
    for state in &kept {
        sqlx::query("update log_streams set state_version = $2, state_schema = $3, state = $4 where stream_id = $1")
            .bind(state.stream.uuid())
            .bind(state.version.number())
            .bind(state.state_schema)
            .bind(&state.state)
            .execute(&mut *fixture.pool.acquire().await.unwrap())
            .await
            .unwrap();
    }

    let asked = [(a, SCHEMA), (level, SCHEMA), (foreign, SCHEMA), (a, FromVersion::After(Version::new(3)))];
    let loaded = fixture.log.read_streams(&asked).await.unwrap();
    let tail = |i: usize| loaded[i].events.iter().map(|e| e.version.number()).collect::<Vec<_>>();
    assert_eq!(loaded[0].state.as_ref(), Some(&kept[0]));
    assert_eq!(tail(0), [3, 4]);
    assert_eq!(loaded[1].state.as_ref(), Some(&kept[1]));
    assert_eq!(tail(1), Vec::<i64>::new());
    assert_eq!(loaded[2].state, None, "a snapshot of another state schema is ignored");
    assert_eq!(tail(2), [1, 2, 3, 4]);
    assert_eq!(loaded[3].state, None, "none was asked for");
    assert_eq!(tail(3), [4]);
    fixture.end().await;
}

#[tokio::test]
async fn one_event_is_found_by_stream_and_version() {
    let fixture = LogFixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![event(a, 1), event(a, 2)])]).await.unwrap();
    let found = fixture.log.read_event(a, Version::new(2)).await.unwrap().unwrap();
    assert_eq!(found.payload.get(), r#"{"n":2}"#);
    assert!(fixture.log.read_event(a, Version::new(3)).await.unwrap().is_none());
    assert!(fixture.log.read_event(stream(), Version::new(1)).await.unwrap().is_none());
    fixture.end().await;
}

#[tokio::test]
async fn damage_is_reported_and_never_read_over() {
    let fixture = LogFixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![event(a, 1), event(a, 2), event(a, 3)]), fresh(1)]).await.unwrap();
    // Only someone who may switch the fence off can do this.
    fixture.edit(|log| log.lose_event(2)).await;
    match fixture.log.read_commits(Position::ZERO, 100).await {
        Err(ReadError::Damaged { position, .. }) => assert_eq!(position, Position::new(1), "the commit that lacks it"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(fixture.log.read_streams(&[(a, SCHEMA)]).await, Err(ReadError::Damaged { .. })));
    fixture.drop().await;
}
