//! What an append writes, and what it refuses.

use kernel::{Position, Role};
use log::{Append, AppendError, Basis, HeldStream, ReadHead};

use super::{Fixture, of_kind, state, versions};
use crate::fixture::{commit, event, fresh, read_all, stream};

#[tokio::test]
async fn what_is_appended_is_read_back_to_the_letter() {
    let fixture = Fixture::new().await;
    let (a, b) = (stream(), stream());
    let mut first = commit(vec![event(a, 1), event(b, 1), event(a, 2)]);
    first.actor.role = Role::Operator;
    first.events[1].payload = r#"{"z": 1,  "a":"장부 \u0041 'quoted' \\ \" \u0000 ","z":2}"#.to_owned();
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
            assert_eq!((old.stream, old.version), (new.stream, new.version));
            assert_eq!((old.event_type.as_str(), old.schema_version), (new.event_type, new.schema_version));
            assert_eq!(old.payload.get(), new.payload, "not a byte of the payload changes");
        }
    }
    fixture.end().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_and_the_log_goes_on() {
    let fixture = Fixture::new().await;
    assert!(matches!(fixture.log.append(&[]).await, Err(AppendError::Refused(_))));
    assert!(matches!(fixture.log.append(&[fresh(1), commit(vec![])]).await, Err(AppendError::Refused(_))));
    for payload in ["", "{", "{\"a\":\"\0\"}", "not json", "{}],[\"x\""] {
        let mut torn = fresh(1);
        torn.events[0].payload = payload.to_owned();
        let answer = fixture.log.append(&[fresh(3), torn]).await;
        assert!(matches!(answer, Err(AppendError::Refused(_))), "{payload:?}: {answer:?}");
    }
    assert!(matches!(fixture.log.append(&[commit(vec![event(stream(), 0)])]).await, Err(AppendError::Refused(_))));
    let a = stream();
    let gap = fixture.log.append(&[commit(vec![event(a, 1), event(a, 3)])]).await;
    assert!(matches!(gap, Err(AppendError::Refused(_))), "{gap:?}");
    assert_eq!(fixture.log.append(&[fresh(1)]).await.unwrap().first, Position::new(1));
    fixture.end().await;
}

#[tokio::test]
async fn a_full_batch_of_the_longest_memos_goes_through() {
    let fixture = Fixture::new().await;
    let mut batch: Vec<_> = (0..512).map(|_| fresh(3)).collect();
    for commit in &mut batch {
        commit.events[0].payload = format!(r#"{{"memo":"{}"}}"#, "장".repeat(4096));
    }
    fixture.log.append(&batch).await.unwrap();
    assert_eq!(fixture.position().await, 3 * 512);
    fixture.end().await;
}

#[tokio::test]
async fn a_stream_is_not_opened_twice() {
    let fixture = Fixture::new().await;
    let account = stream();
    let open = |version| log::NewEvent { opens_stream: true, ..event(account, version) };
    let other = fresh(1);
    fixture.log.append(&[commit(vec![open(1)])]).await.unwrap();
    let refused = fixture.log.append(&[other.clone(), commit(vec![open(2)])]).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    let again = fixture.log.append(&[commit(vec![open(1)])]).await;
    assert!(matches!(again, Err(AppendError::Conflict)), "{again:?}");
    fixture.log.append(&[other, commit(vec![event(account, 2)])]).await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn the_clock_of_the_log_never_goes_back() {
    let fixture = Fixture::new().await;
    fixture.execute("update log_head set recorded_at = clock_timestamp() + interval '1 hour'").await.unwrap();
    let ahead = fixture.log.head().await.unwrap().recorded_at;
    for _ in 0..3 {
        assert_eq!(fixture.log.append(&[fresh(1)]).await.unwrap().recorded_at, ahead);
    }
    let recorded_after =
        async |after| log::ReadCommits::recorded_after(&fixture.log, Position::new(after)).await.unwrap();
    assert_eq!(recorded_after(2).await, Some(ahead));
    assert_eq!(recorded_after(3).await, None);
    fixture.end().await;
}

#[tokio::test]
async fn what_the_writer_holds_spares_a_look_up_and_its_state_is_kept() {
    let fixture = Fixture::new().await;
    let account = stream();
    let opened =
        HeldStream { stream: account, newest: Position::ZERO, has_row: false, state: Some(state(account, 1, "{}")) };
    fixture.log.append_after(Basis::NONE, &[commit(vec![of_kind(account, 1, "account")])], &[opened]).await.unwrap();
    let held = |newest, version| HeldStream {
        stream: account,
        newest: Position::new(newest),
        has_row: true,
        state: Some(state(account, version, r#"{"balance": 5}"#)),
    };
    let next = [commit(vec![of_kind(account, 2, "account")]), commit(vec![of_kind(account, 3, "account")])];
    fixture.log.append_after(Basis::NONE, &next, &[held(1, 3)]).await.unwrap();
    // A state of another version is not what the stream is now.
    fixture
        .log
        .append_after(Basis::NONE, &[commit(vec![of_kind(account, 4, "account")])], &[held(3, 9)])
        .await
        .unwrap();

    let wanted = log::FromVersion::Snapshot { state_schema: 3 };
    let read = log::ReadStreams::read_streams(&fixture.log, &[(account, wanted)]).await.unwrap().remove(0);
    assert_eq!(read.state, Some(state(account, 3, r#"{"balance": 5}"#)));
    assert_eq!(read.events.iter().map(|e| e.version.number()).collect::<Vec<_>>(), [4]);
    let standing = read.standing.unwrap();
    assert_eq!((standing.kind.as_deref(), standing.newest.number(), standing.has_row), (Some("account"), 4, true));
    let earlier = log::FromVersion::Snapshot { state_schema: 2 };
    let read = log::ReadStreams::read_streams(&fixture.log, &[(account, earlier)]).await.unwrap().remove(0);
    assert_eq!((read.state, read.events.len()), (None, 4), "a state of a later schema is ignored");
    let later = log::FromVersion::Snapshot { state_schema: 4 };
    let read = log::ReadStreams::read_streams(&fixture.log, &[(account, later)]).await.unwrap().remove(0);
    assert_eq!(read.events.len(), 1, "one of an earlier schema is read");
    assert_eq!(versions(&fixture.log, account).await, [1, 2, 3, 4]);
    fixture.end().await;
}
