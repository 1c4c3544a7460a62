//! What an append writes, and what it refuses.

use chrono::{DateTime, Utc};
use kernel::{Position, Role};
use log::{Append, AppendError, ReadCommits, ReadHead, ReadStreams};

use crate::fixture::{LogFixture, commit, event, fresh, read_all, stream};

#[tokio::test]
async fn what_is_appended_is_read_back_to_the_letter() {
    let fixture = LogFixture::new().await;
    let (a, b) = (stream(), stream());
    let mut first = commit(vec![event(a, 1), event(b, 1), event(a, 2)]);
    first.actor.role = Role::Operator;
    first.events[1].payload = r#"{"z": 1,  "a":"장부 \u0041 'quoted' \\ \" ","z":2}"#.to_owned();
    first.events[2].schema_version = 7;
    let second = commit(vec![event(a, 3)]);
    let appended = fixture.log.append(&[first.clone(), second.clone()]).await.unwrap();
    assert_eq!(appended.first, Position::new(1));
    assert_eq!(appended.log, fixture.log.head().await.unwrap().log);

    let read = read_all(&fixture.log, 100).await;
    assert_eq!(read.len(), 2);
    for (new, old) in [first, second].iter().zip(&read) {
        assert_eq!(old.command_id, new.command_id);
        assert_eq!(old.fingerprint, new.fingerprint);
        assert_eq!(old.actor, new.actor);
        assert_eq!(old.correlation, new.correlation);
        assert_eq!(old.recorded_at, appended.recorded_at);
        assert_eq!(old.events.len(), new.events.len());
        for (new, old) in new.events.iter().zip(&old.events) {
            assert_eq!(old.stream, new.stream);
            assert_eq!(old.version, new.version);
            assert_eq!(old.event_type, new.event_type);
            assert_eq!(old.schema_version, new.schema_version);
            assert_eq!(old.payload.get(), new.payload, "not a byte of the payload changes");
        }
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_taken_version_conflicts_and_leaves_nothing() {
    let fixture = LogFixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![event(a, 1)])]).await.unwrap();
    let innocent = fresh(2);
    let late = [innocent.clone(), commit(vec![event(stream(), 1), event(a, 1)])];
    assert!(matches!(fixture.log.append(&late).await, Err(AppendError::Conflict)));
    assert_eq!(fixture.position().await, 1, "no position was used up");
    assert!(
        fixture.log.find_commits(&[innocent.command_id]).await.unwrap().is_empty(),
        "its neighbour is not there either"
    );
    assert_eq!(fixture.log.append(&[innocent]).await.unwrap().first, Position::new(2));
    fixture.end().await;
}

#[tokio::test]
async fn a_command_is_written_once() {
    let fixture = LogFixture::new().await;
    let once = fresh(1);
    let mut again = fresh(1);
    again.command_id = once.command_id;
    fixture.log.append(std::slice::from_ref(&once)).await.unwrap();
    assert!(matches!(fixture.log.append(std::slice::from_ref(&again)).await, Err(AppendError::Conflict)));
    assert!(matches!(fixture.log.append(&[fresh(1), again]).await, Err(AppendError::Conflict)));
    assert_eq!(fixture.position().await, 1);
    fixture.end().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_and_the_log_goes_on() {
    let fixture = LogFixture::new().await;
    assert!(matches!(fixture.log.append(&[]).await, Err(AppendError::Refused(_))));
    assert!(matches!(fixture.log.append(&[fresh(1), commit(vec![])]).await, Err(AppendError::Refused(_))));
    for payload in ["", "{", "{\"a\":\"\0\"}", "not json"] {
        let mut torn = fresh(1);
        torn.events[0].payload = payload.to_owned();
        let answer = fixture.log.append(&[fresh(3), torn]).await;
        assert!(matches!(answer, Err(AppendError::Refused(_))), "{payload:?}: {answer:?}");
    }
    assert!(matches!(fixture.log.append(&[commit(vec![event(stream(), 0)])]).await, Err(AppendError::Refused(_))));
    assert_eq!(fixture.log.append(&[fresh(1)]).await.unwrap().first, Position::new(1));
    fixture.end().await;
}

#[tokio::test]
async fn a_full_batch_of_the_longest_memos_goes_through() {
    let fixture = LogFixture::new().await;
    let mut batch: Vec<_> = (0..512).map(|_| fresh(3)).collect();
    for commit in &mut batch {
        commit.events[0].payload = format!(r#"{{"memo":"{}"}}"#, "장".repeat(4096));
    }
    fixture.log.append(&batch).await.unwrap();
    assert_eq!(fixture.position().await, 3 * 512);
    fixture.end().await;
}

#[tokio::test]
async fn the_clock_of_the_log_never_goes_back() {
    let fixture = LogFixture::new().await;
    fixture.execute("update log_head set recorded_at = clock_timestamp() + interval '1 hour'").await.unwrap();
    let ahead = fixture.log.head().await.unwrap().recorded_at;
    for _ in 0..3 {
        assert_eq!(
            fixture.log.append(&[fresh(1)]).await.unwrap().recorded_at,
            ahead,
            "it waits for the fixture to come up"
        );
    }
    assert_eq!(fixture.log.recorded_after(Position::new(2)).await.unwrap(), Some::<DateTime<Utc>>(ahead));
    assert_eq!(fixture.log.recorded_after(Position::new(3)).await.unwrap(), None);
    fixture.end().await;
}

/// No decision asks for it. Should one, it is a defect and no conflict: asked again, it would be refused again.
#[tokio::test]
async fn a_stream_is_not_opened_twice() {
    let fixture = LogFixture::new().await;
    let account = stream();
    let open = |version| {
        let mut open = event(account, version);
        open.event_type = "AccountOpened";
        open.opens_stream = true;
        open
    };
    let other = fresh(1);
    fixture.log.append(&[commit(vec![open(1)])]).await.unwrap();
    let refused = fixture.log.append(&[other.clone(), commit(vec![open(2)])]).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    let again = fixture.log.append(&[commit(vec![open(1)])]).await;
    assert!(matches!(again, Err(AppendError::Conflict)), "{again:?}");
    fixture.log.append(&[other, commit(vec![event(account, 2)])]).await.unwrap();
    fixture.end().await;
}
