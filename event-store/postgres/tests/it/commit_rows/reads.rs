//! Reading by position, in ranges, and by command.

use kernel::Position;
use log::{Append, Commit, CommitRanges, PositionRange, ReadCommits, ReadError, ReadHead, ReadStreams};

use super::Fixture;
use crate::fixture::{fresh, read_all};

#[tokio::test]
async fn a_page_never_splits_a_commit() {
    let fixture = Fixture::new().await;
    fixture.log.append(&[2, 1, 5, 1, 1, 3].map(fresh)).await.unwrap();
    let page = async |after, max| {
        let commits = fixture.log.read_commits(Position::new(after), max).await.unwrap();
        commits.iter().map(|c| (c.first.number(), c.events.len())).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 3).await, [(1, 2), (3, 1)]);
    assert_eq!(page(0, 4).await, [(1, 2), (3, 1)], "the next has 5 events and does not fit");
    assert_eq!(page(0, 1).await, [(1, 2)], "always one, even if it is too large");
    assert_eq!(page(0, 0).await, [(1, 2)]);
    assert_eq!(page(3, 2).await, [(4, 5)]);
    assert_eq!(page(8, 100).await, [(9, 1), (10, 1), (11, 3)]);
    assert_eq!(page(13, 100).await, []);
    for inside in [1, 4, 7] {
        let answer = fixture.log.read_commits(Position::new(inside), 10).await;
        assert!(matches!(answer, Err(ReadError::Damaged { .. })), "{inside} is in the middle of a commit: {answer:?}");
    }
    for (asked, end) in [(0, 0), (1, 0), (2, 2), (3, 3), (7, 3), (8, 8), (12, 10), (13, 13), (99, 13)] {
        assert_eq!(fixture.log.commit_end(Position::new(asked)).await.unwrap().number(), end, "at or before {asked}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_reader_follows_the_commit_that_it_stands_on() {
    let fixture = Fixture::new().await;
    fixture.log.append(&[fresh(2), fresh(1), fresh(3)]).await.unwrap();
    let head = fixture.log.head().await.unwrap();
    let all = read_all(&fixture.log, 100).await;
    assert_eq!(head.commit, all.last().map(Commit::reference));
    let from_start = fixture.log.read_following(head.log, None, 100).await.unwrap();
    assert_eq!(from_start.len(), 3);
    let next = fixture.log.read_following(head.log, Some(all[0].reference()), 100).await.unwrap();
    assert_eq!(next.iter().map(|c| c.first.number()).collect::<Vec<_>>(), [3, 4]);
    assert!(fixture.log.read_following(head.log, head.commit, 100).await.unwrap().is_empty());

    let mut wrong = all[0].reference();
    wrong.command_id = all[1].command_id;
    let answer = fixture.log.read_following(head.log, Some(wrong), 100).await;
    assert!(matches!(answer, Err(ReadError::OtherHistory { found: Some(_), .. })), "{answer:?}");
    let another = kernel::LogId::new(uuid::Uuid::nil());
    let answer = fixture.log.read_following(another, Some(all[0].reference()), 100).await;
    assert!(matches!(answer, Err(ReadError::Renamed { .. })), "{answer:?}");
    let refs = fixture.log.commit_refs(&[3, 1, 6, 2].map(Position::new)).await.unwrap();
    let ends: Vec<_> = refs.iter().map(|found| found.map(|commit| commit.position.number())).collect();
    assert_eq!(ends, [Some(3), None, Some(6), Some(2)]);
    fixture.end().await;
}

#[tokio::test]
async fn commits_are_found_by_their_commands() {
    let fixture = Fixture::new().await;
    let commits = [fresh(2), fresh(1), fresh(3)];
    fixture.log.append(&commits).await.unwrap();
    let unknown = fresh(1).command_id;
    let found = fixture.log.find_commits(&[commits[2].command_id, unknown, commits[0].command_id]).await.unwrap();
    assert_eq!(
        found.iter().map(|c| (c.command_id, c.events.len())).collect::<Vec<_>>(),
        [(commits[0].command_id, 2), (commits[2].command_id, 3)]
    );
    assert!(fixture.log.find_commits(&[]).await.unwrap().is_empty());
    fixture.end().await;
}

async fn read_range(fixture: &Fixture, range: PositionRange) -> Result<Vec<Commit>, ReadError> {
    let mut reader = fixture.log.read(range).await?;
    let mut commits = Vec::new();
    while let Some(next) = reader.next().await? {
        commits.extend(next);
    }
    Ok(commits)
}

#[tokio::test]
async fn ranges_together_are_the_log_to_the_last_byte() {
    let fixture = Fixture::new().await;
    assert!(fixture.log.plan(Position::ZERO, Position::new(9), 3).await.unwrap().is_empty(), "of an empty log");
    for events in [1, 5, 2, 40, 1, 1, 7, 3] {
        fixture.log.append(&[fresh(events), fresh(1)]).await.unwrap();
    }
    let all = read_all(&fixture.log, 100).await;
    let end = all.last().unwrap().last();
    for parts in [1, 2, 3, 7, 100] {
        let ranges = fixture.log.plan(Position::ZERO, end, parts).await.unwrap();
        let (mut after, mut found) = (Position::ZERO, Vec::new());
        for range in ranges {
            assert_eq!(range.after, after, "no gap and no overlap");
            after = range.to;
            found.extend(read_range(&fixture, range).await.unwrap());
        }
        assert_eq!(after, end);
        assert_eq!(serde_json::to_string(&found).unwrap(), serde_json::to_string(&all).unwrap());
    }
    for (after, to) in [(0, 4), (1, 3), (6, end.number() + 9)] {
        let range = PositionRange { after: Position::new(after), to: Position::new(to) };
        let refused = read_range(&fixture, range).await;
        assert!(matches!(refused, Err(ReadError::Damaged { .. })), "{after} to {to}: {refused:?}");
    }
    fixture.end().await;
}
