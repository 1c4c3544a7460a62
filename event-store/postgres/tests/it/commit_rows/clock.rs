//! What rests on a time is written at that time or not at all.

use chrono::{DateTime, TimeDelta, Utc};
use log::{Append, AppendError, Appended, Basis, ReadHead, Within};

use super::Fixture;
use crate::fixture::fresh;

async fn append(
    fixture: &Fixture,
    from: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
) -> Result<Appended, AppendError> {
    let basis = Basis { within: Within { from, before }, ..Basis::NONE };
    fixture.log.append_after(basis, &[fresh(1)], &[]).await
}

#[tokio::test]
async fn an_append_is_recorded_within_the_time_it_rests_on_or_not_at_all() {
    let fixture = Fixture::new().await;
    let now = fixture.log.head().await.unwrap().now;
    let (past, future) = (now - TimeDelta::seconds(1), now + TimeDelta::hours(1));
    for (from, before) in [(None, Some(past)), (None, Some(now)), (Some(future), None), (Some(past), Some(now))] {
        let answer = append(&fixture, from, before).await;
        assert!(matches!(answer, Err(AppendError::Conflict)), "{from:?} {before:?}: {answer:?}");
    }
    assert_eq!(fixture.position().await, 0, "nothing was written");
    for (from, before) in [(Some(now), None), (None, Some(future)), (Some(past), Some(future))] {
        append(&fixture, from, before).await.unwrap();
    }
    assert_eq!(fixture.position().await, 3);
    fixture.end().await;
}

/// The clock of the machine was set back: the log goes on from its last commit.
#[tokio::test]
async fn the_clock_of_the_log_never_goes_back() {
    let fixture = Fixture::new().await;
    let ahead = fixture.log.head().await.unwrap().now + TimeDelta::minutes(59);
    fixture.execute("update log_head set recorded_at = clock_timestamp() + interval '1 hour'").await.unwrap();
    let head = fixture.log.head().await.unwrap();
    assert!(head.now > ahead && head.now == head.recorded_at);
    let appended = append(&fixture, Some(head.now), Some(head.now + TimeDelta::microseconds(1))).await.unwrap();
    assert_eq!(appended.recorded_at, head.now);
    fixture.drop().await;
}
