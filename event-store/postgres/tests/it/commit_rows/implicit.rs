//! Streams that have the id of the command that opened them: they have no row until their second event.

use kernel::{StreamId, Version};
use log::{Append, AppendError, Basis, FromVersion, NewCommit, ReadStreams};

use super::{Fixture, versions};
use crate::fixture::{commit, event, stream};

/// A commit that opens the stream of its own id, and one more.
fn opening() -> (NewCommit, StreamId) {
    let mut opening = commit(vec![event(stream(), 1)]);
    let own = StreamId::from(opening.command_id);
    opening.events.insert(0, event(own, 1));
    (opening, own)
}

#[tokio::test]
async fn such_a_stream_has_no_row_and_is_found() {
    let fixture = Fixture::new().await;
    let (first, own) = opening();
    fixture.log.append(&[commit(vec![event(stream(), 1)]), first]).await.unwrap();
    assert_eq!(fixture.row(own).await, None);
    assert_eq!(versions(&fixture.log, own).await, [1]);
    for after in [0, 1] {
        let asked = [(own, FromVersion::After(Version::new(after)))];
        let standing = fixture.log.read_streams(&asked).await.unwrap().remove(0).standing.unwrap();
        assert_eq!((standing.version.number(), standing.newest.number(), standing.has_row), (1, 2, false));
    }
    assert!(fixture.log.read_event(own, Version::new(1)).await.unwrap().is_some());
    assert!(fixture.log.read_event(own, Version::new(2)).await.unwrap().is_none());
    fixture.end().await;
}

#[tokio::test]
async fn its_second_event_makes_its_row() {
    let fixture = Fixture::new().await;
    let (first, own) = opening();
    fixture.log.append(&[first]).await.unwrap();
    fixture.log.append(&[commit(vec![event(own, 2)])]).await.unwrap();
    assert_eq!(fixture.row(own).await, Some((2, 1, 3, "thing".to_owned())));
    fixture.log.append(&[commit(vec![event(own, 3)])]).await.unwrap();
    assert_eq!(versions(&fixture.log, own).await, [1, 2, 3]);
    fixture.end().await;
}

#[tokio::test]
async fn two_second_events_collide_and_so_does_a_second_opening() {
    let fixture = Fixture::new().await;
    let (first, own) = opening();
    fixture.log.append(&[first]).await.unwrap();
    let held = log::HeldStream { stream: own, newest: kernel::Position::new(1), has_row: false, state: None };
    let next = [commit(vec![event(own, 2)])];
    fixture.log.append_after(Basis::NONE, &next, std::slice::from_ref(&held)).await.unwrap();
    let late = [commit(vec![event(own, 2)])];
    let answer = fixture.log.append_after(Basis::NONE, &late, &[held]).await;
    assert!(matches!(answer, Err(AppendError::Conflict)), "{answer:?}");

    let (first, own) = opening();
    fixture.log.append(&[first]).await.unwrap();
    let again = fixture.log.append(&[commit(vec![event(own, 1)])]).await;
    assert!(matches!(again, Err(AppendError::Conflict)), "another command opens it: {again:?}");
    fixture.end().await;
}

#[tokio::test]
async fn one_that_is_continued_in_the_same_append_has_a_row_at_once() {
    let fixture = Fixture::new().await;
    let (first, own) = opening();
    fixture.log.append(&[first, commit(vec![event(own, 2), event(own, 3)])]).await.unwrap();
    assert_eq!(fixture.row(own).await, Some((3, 1, 3, "thing".to_owned())));
    assert_eq!(versions(&fixture.log, own).await, [1, 2, 3]);
    fixture.end().await;
}

/// A command that wrote something else is no stream.
#[tokio::test]
async fn the_id_of_a_command_alone_is_no_stream() {
    let fixture = Fixture::new().await;
    let other = commit(vec![event(stream(), 1)]);
    let own = StreamId::from(other.command_id);
    fixture.log.append(&[other]).await.unwrap();
    assert_eq!(versions(&fixture.log, own).await, Vec::<i64>::new());
    fixture.end().await;
}
