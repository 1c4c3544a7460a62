//! What an append writes, and what it refuses.

use kernel::Position;
use log::{Append, AppendError, ReadStreams};

use crate::fixture::{LogFixture, commit, event, fresh, stream};

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
