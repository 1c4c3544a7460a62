//! The log in ranges, several at once.

use kernel::Position;
use log::{Append, Commit, CommitRanges, PositionRange, ReadError};

use crate::fixture::{LogFixture, fresh, read_all};

async fn read_range(fixture: &LogFixture, range: PositionRange) -> Result<Vec<Commit>, ReadError> {
    let mut reader = fixture.log.read(range).await?;
    let mut commits = Vec::new();
    while let Some(next) = reader.next().await? {
        commits.extend(next);
    }
    Ok(commits)
}

fn same(found: &[Commit], expected: &[Commit]) {
    let text = |commits: &[Commit]| serde_json::to_string(commits).expect("commits are JSON");
    assert_eq!(text(found), text(expected));
}

#[tokio::test]
async fn ranges_together_are_the_log_to_the_last_byte() {
    let fixture = LogFixture::new().await;
    assert!(
        fixture.log.plan(Position::ZERO, Position::new(9), 3).await.unwrap().is_empty(),
        "an empty log has no ranges"
    );
    for events in [1, 5, 2, 40, 1, 1, 7, 3] {
        fixture.log.append(&[fresh(events), fresh(1)]).await.unwrap();
    }
    let all = read_all(&fixture.log, 100).await;
    let end = all.last().unwrap().last();
    for parts in [1, 2, 3, 7, 100] {
        let ranges = fixture.log.plan(Position::ZERO, end, parts).await.unwrap();
        assert!(ranges.len() <= parts && !ranges.is_empty());
        let mut after = Position::ZERO;
        let mut found = Vec::new();
        for range in ranges {
            assert_eq!(range.after, after, "no gap and no overlap");
            after = range.to;
            found.extend(read_range(&fixture, range).await.unwrap());
        }
        assert_eq!(after, end);
        same(&found, &all);
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_range_ends_with_a_commit_and_says_when_it_does_not() {
    let fixture = LogFixture::new().await;
    fixture.log.append(&[fresh(3), fresh(4), fresh(2)]).await.unwrap();
    for (to, end) in [(2, 0), (3, 3), (6, 3), (7, 7), (8, 7), (9, 9), (50, 9)] {
        let ranges = fixture.log.plan(Position::ZERO, Position::new(to), 1).await.unwrap();
        assert_eq!(ranges.last().map_or(0, |range| range.to.number()), end, "up to {to}");
    }
    for (after, to) in [(0, 5), (1, 3), (3, 12)] {
        let range = PositionRange { after: Position::new(after), to: Position::new(to) };
        let refused = read_range(&fixture, range).await;
        assert!(matches!(refused, Err(ReadError::Damaged { .. })), "{after} to {to}: {refused:?}");
    }
    fixture.end().await;
}
