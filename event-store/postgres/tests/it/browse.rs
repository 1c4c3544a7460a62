//! Reading for people who look at the log.

use kernel::{CorrelationId, Ids, Position, RandomIds, StreamId, Version};
use log::{Append, BrowseLog, Commit, NewEvent, StreamLength};

use crate::fixture::{LogFixture, commit, event, fresh, stream};

fn firsts(commits: &[Commit]) -> Vec<i64> {
    commits.iter().map(|commit| commit.first.number()).collect()
}

#[tokio::test]
async fn the_end_of_the_log_is_read_backwards_page_by_page() {
    let fixture = LogFixture::new().await;
    let before = |position: i64, limit: i64| fixture.log.commits_before(Position::new(position), limit);
    assert!(before(i64::MAX, 5).await.unwrap().is_empty(), "an empty log");
    fixture.log.append(&[fresh(1), fresh(3), fresh(2), fresh(1)]).await.unwrap();
    assert_eq!(firsts(&before(i64::MAX, 10).await.unwrap()), [7, 5, 2, 1]);
    assert_eq!(firsts(&before(i64::MAX, 2).await.unwrap()), [7, 5]);
    assert_eq!(firsts(&before(5, 2).await.unwrap()), [2, 1], "what begins there is not before it");
    assert_eq!(firsts(&before(6, 1).await.unwrap()), [5], "it began before that");
    assert!(before(1, 10).await.unwrap().is_empty(), "nothing is before the first");
    fixture.end().await;
}

#[tokio::test]
async fn a_position_is_found_wherever_in_its_commit_it_is() {
    let fixture = LogFixture::new().await;
    let commits = [fresh(1), fresh(3), fresh(1)];
    fixture.log.append(&commits).await.unwrap();
    let holding = |position: i64| fixture.log.commit_holding(Position::new(position));
    for (position, expected) in [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2)] {
        let found = holding(position).await.unwrap().unwrap();
        assert_eq!(found.command_id, commits[expected].command_id, "at {position}");
    }
    for outside in [-1, 0, 6, i64::MAX - 1] {
        assert!(holding(outside).await.unwrap().is_none(), "at {outside}");
    }

    let asked = [4, 2, 1, 0, 6].map(Position::new);
    let commands = fixture.log.commands_at(&asked).await.unwrap();
    assert_eq!(commands.len(), 3, "two of them are in no commit");
    let of = |position: i64| commands.get(&Position::new(position)).copied();
    assert_eq!((of(4), of(2)), (Some(commits[1].command_id), Some(commits[1].command_id)));
    assert_eq!(of(1), Some(commits[0].command_id));
    assert!(fixture.log.commands_at(&[]).await.unwrap().is_empty());
    fixture.end().await;
}

#[tokio::test]
async fn commits_that_belong_together_are_found_by_their_correlation() {
    let fixture = LogFixture::new().await;
    let (together, nothing) = (CorrelationId::new(RandomIds.fresh()), CorrelationId::new(RandomIds.fresh()));
    let mut commits = [fresh(1), fresh(2), fresh(1), fresh(1)];
    for at in [0, 1, 3] {
        commits[at].correlation = together;
    }
    fixture.log.append(&commits).await.unwrap();
    assert_eq!(firsts(&fixture.log.commits_correlated(together, 10).await.unwrap()), [5, 2, 1]);
    assert_eq!(firsts(&fixture.log.commits_correlated(together, 2).await.unwrap()), [5, 2], "the newest");
    assert!(fixture.log.commits_correlated(nothing, 10).await.unwrap().is_empty());
    fixture.end().await;
}

#[tokio::test]
async fn a_stream_says_how_long_it_is_before_it_is_read() {
    let fixture = LogFixture::new().await;
    let long = stream();
    // The stream of a command, of which there is no row until its second event.
    let mut opening = commit(Vec::new());
    let opened = StreamId::new(opening.command_id.uuid());
    opening.events = vec![NewEvent { opens_stream: true, ..event(opened, 1) }];
    let events = (1..=5).map(|version| event(long, version)).collect();
    fixture.log.append(&[commit(events), opening]).await.unwrap();

    let thing = |version| StreamLength { kind: Some("thing".to_owned()), version: Version::new(version) };
    assert_eq!(fixture.log.stream_length(long).await.unwrap(), Some(thing(5)));
    let without = StreamLength { kind: None, version: Version::new(1) };
    assert_eq!(fixture.log.stream_length(opened).await.unwrap(), Some(without));
    assert_eq!(fixture.log.stream_length(stream()).await.unwrap(), None);

    let read = fixture.log.stream_after(long, Version::new(3)).await.unwrap();
    let seen: Vec<_> = read.iter().map(|found| (found.position.number(), found.event.version.number())).collect();
    assert_eq!(seen, [(4, 4), (5, 5)]);
    assert_eq!(fixture.log.stream_after(opened, Version::ZERO).await.unwrap().len(), 1);
    assert!(fixture.log.stream_after(long, Version::new(5)).await.unwrap().is_empty());
    assert!(fixture.log.stream_after(stream(), Version::ZERO).await.unwrap().is_empty());
    fixture.end().await;
}

#[tokio::test]
async fn the_inspector_browses_and_writes_nothing() {
    let fixture = LogFixture::new().await;
    let commits = [fresh(1), fresh(2)];
    fixture.log.append(&commits).await.unwrap();
    let inspector = fixture.as_role("jangbu_inspector");
    assert_eq!(firsts(&inspector.commits_before(Position::new(i64::MAX), 5).await.unwrap()), [2, 1]);
    assert!(inspector.commit_holding(Position::new(3)).await.unwrap().is_some());
    let id = commits[0].events[0].stream;
    assert!(inspector.stream_length(id).await.unwrap().is_some());
    assert_eq!(inspector.stream_after(id, Version::ZERO).await.unwrap().len(), 1);
    assert_eq!(inspector.commits_correlated(commits[0].correlation, 5).await.unwrap().len(), 1);
    assert!(inspector.append(&[fresh(1)]).await.is_err());
    fixture.end().await;
}
