//! The optimistic lock: version, kind and place of a stream, and the id of the command.

use kernel::Position;
use log::{Append, AppendError, Basis, HeldStream, NewCommit, ReadHead, ReadStreams};

use super::{Fixture, of_kind, versions};
use crate::fixture::{commit, event, fresh, stream};

async fn conflicts(fixture: &Fixture, commits: &[NewCommit], held: &[HeldStream]) {
    let before = fixture.position().await;
    let answer = fixture.log.append_after(Basis::NONE, commits, held).await;
    assert!(matches!(answer, Err(AppendError::Conflict)), "{answer:?}");
    assert_eq!(fixture.position().await, before, "no position was used up");
    let commands: Vec<_> = commits.iter().map(|commit| commit.command_id).collect();
    let found = fixture.log.find_commits(&commands).await.unwrap();
    assert!(found.iter().all(|commit| commit.last().number() <= before), "nothing of it was written");
}

#[tokio::test]
async fn a_taken_version_conflicts_and_leaves_nothing() {
    let fixture = Fixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![event(a, 1)])]).await.unwrap();
    let innocent = fresh(2);
    conflicts(&fixture, &[innocent.clone(), commit(vec![event(stream(), 1), event(a, 1)])], &[]).await;
    fixture.log.append(&[commit(vec![event(a, 2)])]).await.unwrap();
    conflicts(&fixture, &[innocent.clone(), commit(vec![event(a, 2)])], &[]).await;
    assert_eq!(fixture.log.append(&[innocent]).await.unwrap().first, Position::new(3));
    fixture.end().await;
}

#[tokio::test]
async fn a_version_ahead_of_the_stream_conflicts() {
    let fixture = Fixture::new().await;
    let a = stream();
    conflicts(&fixture, &[commit(vec![event(a, 2)])], &[]).await;
    fixture.log.append(&[commit(vec![event(a, 1)])]).await.unwrap();
    conflicts(&fixture, &[commit(vec![event(a, 3)])], &[]).await;
    fixture.end().await;
}

#[tokio::test]
async fn one_of_two_events_that_take_a_version_conflicts() {
    let fixture = Fixture::new().await;
    let a = stream();
    conflicts(&fixture, &[commit(vec![event(a, 1)]), commit(vec![event(a, 1)])], &[]).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_stream_is_never_continued_as_one_of_another_kind() {
    let fixture = Fixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![of_kind(a, 1, "account")])]).await.unwrap();
    conflicts(&fixture, &[commit(vec![of_kind(a, 2, "member")])], &[]).await;
    let b = stream();
    let both = fixture.log.append(&[commit(vec![of_kind(b, 1, "account"), of_kind(b, 2, "member")])]).await;
    assert!(matches!(both, Err(AppendError::Refused(_))), "{both:?}");
    fixture.log.append(&[commit(vec![of_kind(a, 2, "account")])]).await.unwrap();
    assert_eq!(fixture.row(a).await.unwrap().3, "account");
    fixture.end().await;
}

/// The chain through the commits must not be cut: what the writer believes of it is part of the lock.
#[tokio::test]
async fn a_writer_that_holds_a_wrong_place_conflicts() {
    let fixture = Fixture::new().await;
    let a = stream();
    fixture.log.append(&[commit(vec![event(a, 1)]), fresh(1), commit(vec![event(a, 2)])]).await.unwrap();
    for (newest, has_row) in [(1, true), (2, true), (3, false), (9, true)] {
        let held = HeldStream { stream: a, newest: Position::new(newest), has_row, state: None };
        conflicts(&fixture, &[commit(vec![event(a, 3)])], &[held]).await;
    }
    let held = HeldStream { stream: a, newest: Position::new(3), has_row: true, state: None };
    fixture.log.append_after(Basis::NONE, &[commit(vec![event(a, 3)])], &[held]).await.unwrap();
    assert_eq!(versions(&fixture.log, a).await, [1, 2, 3]);
    fixture.end().await;
}

#[tokio::test]
async fn a_command_is_written_once() {
    let fixture = Fixture::new().await;
    let once = fresh(1);
    let mut again = fresh(1);
    again.command_id = once.command_id;
    fixture.log.append(std::slice::from_ref(&once)).await.unwrap();
    conflicts(&fixture, std::slice::from_ref(&again), &[]).await;
    conflicts(&fixture, &[fresh(1), again], &[]).await;
    let mut twice = [fresh(1), fresh(1)];
    twice[1].command_id = twice[0].command_id;
    conflicts(&fixture, &twice, &[]).await;
    fixture.end().await;
}

#[tokio::test]
async fn nothing_is_written_into_another_history_or_into_a_stopped_log() {
    let fixture = Fixture::new().await;
    fixture.log.append(&[fresh(1)]).await.unwrap();
    let head = fixture.log.head().await.unwrap();
    let known = Some((head.log, head.commit.unwrap()));
    fixture.log.append_after(Basis::on(known), &[fresh(1)], &[]).await.unwrap();
    let mut other = head.commit.unwrap();
    other.position = Position::new(2);
    let answer = fixture.log.append_after(Basis::on(Some((head.log, other))), &[fresh(1)], &[]).await;
    assert!(matches!(answer, Err(AppendError::OtherHistory)), "{answer:?}");
    let another = kernel::LogId::new(uuid::Uuid::nil());
    let answer = fixture.log.append_after(Basis::on(Some((another, head.commit.unwrap()))), &[fresh(1)], &[]).await;
    assert!(matches!(answer, Err(AppendError::OtherHistory)), "{answer:?}");
    fixture.execute("update log_head set stopped_by = 7").await.unwrap();
    let answer = fixture.log.append_after(Basis::on(known), &[fresh(1)], &[]).await;
    assert!(matches!(answer, Err(AppendError::Stopped { alarm: 7 })), "{answer:?}");
    assert_eq!(fixture.log.append_health().check(fixture.log.pool()).await, Ok(()), "that is not the store's fault");
    fixture.execute("update log_head set stopped_by = null").await.unwrap();
    assert_eq!(fixture.position().await, 2);
    fixture.end().await;
}
