//! Some types of events, and who opened what.

use kernel::{AccountId, Ids, MemberId, Position, RandomIds, StreamId, Version};
use log::{Append, NewEvent, OwnedAccounts, ReadTyped};

use super::Fixture;
use crate::fixture::{commit, event, fresh, stream};

fn typed(stream: StreamId, version: i64, event_type: &'static str) -> NewEvent {
    NewEvent { event_type, ..event(stream, version) }
}

async fn positions(fixture: &Fixture, types: &[&str], after: i64, up_to: i64, limit: i64) -> Vec<i64> {
    let picked = fixture.log.read_typed(types, Position::new(after), Position::new(up_to), limit).await.unwrap();
    assert!(picked.iter().all(|picked| types.contains(&picked.event.event_type.as_str())));
    picked.iter().map(|picked| picked.position.number()).collect()
}

#[tokio::test]
async fn events_of_some_types_are_read_in_order_of_their_positions() {
    let fixture = Fixture::new().await;
    let (member, other) = (stream(), stream());
    let joined = commit(vec![event(stream(), 1), typed(member, 1, "MemberJoined"), typed(other, 1, "NameReserved")]);
    fixture.log.append(&[fresh(2), joined.clone(), fresh(1)]).await.unwrap();
    fixture
        .log
        .append(&[commit(vec![typed(member, 2, "ContactChanged")]), commit(vec![typed(other, 2, "NameReleased")])])
        .await
        .unwrap();
    let all = ["MemberJoined", "NameReserved", "ContactChanged", "NameReleased"];
    assert_eq!(positions(&fixture, &all, 0, 99, 10).await, [4, 5, 7, 8]);
    assert_eq!(positions(&fixture, &all, 4, 7, 10).await, [5, 7], "also from the middle of a commit to another");
    assert_eq!(positions(&fixture, &all, 0, 99, 3).await, [4, 5, 7]);
    // More commits than the limit have none of the type that is asked for.
    assert_eq!(positions(&fixture, &["NameReleased"], 0, 99, 1).await, [8]);
    assert_eq!(
        positions(&fixture, &["Happened", "NameReleased"], 0, 99, 10).await,
        [1, 2, 3, 6, 8],
        "without an index"
    );
    let picked = fixture.log.read_picked(member, Version::new(1)).await.unwrap().unwrap();
    assert_eq!((picked.position, picked.actor), (Position::new(4), joined.actor));
    assert!(fixture.log.read_picked(member, Version::new(3)).await.unwrap().is_none());
    let followed: Vec<i64> = sqlx::query_scalar("select first_position from log_commits where is_followed order by 1")
        .fetch_all(&fixture.pool)
        .await
        .unwrap();
    assert_eq!(followed, [3, 7, 8]);
    fixture.end().await;
}

#[tokio::test]
async fn the_accounts_of_an_owner_are_listed_in_the_order_they_were_opened() {
    let fixture = Fixture::new().await;
    let (owner, other) = (MemberId::new(RandomIds.fresh()), MemberId::new(RandomIds.fresh()));
    let open = |stream, owner| commit(vec![NewEvent { owner: Some(owner), ..event(stream, 1) }]);
    let (a, b, c) = (stream(), stream(), stream());
    fixture.log.append(&[open(b, owner), open(c, other)]).await.unwrap();
    fixture.log.append(&[open(a, owner), commit(vec![event(b, 2)])]).await.unwrap();
    let owned = fixture.log.owned_accounts(owner).await.unwrap();
    assert_eq!(owned, [b, a].map(|stream| AccountId::new(stream.uuid())));
    assert!(fixture.log.owned_accounts(MemberId::new(RandomIds.fresh())).await.unwrap().is_empty());
    fixture.end().await;
}
