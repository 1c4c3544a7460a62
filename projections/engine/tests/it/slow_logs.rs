//! A log that answers slowly, or is read slowly on purpose: no view is held meanwhile.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::Position;
use log::{Commit, CommitRef, Head, ReadCommits, ReadError, ReadHead};
use projection_engine::{ParkWhat, Until, testing::MemoryLog};
use tokio::time::sleep;

use crate::{
    bulk_tally::Flaw,
    rebuild::{operator, request},
    tally::{History, TallyFixture},
};

/// Longer than any transaction that holds a live view may wait for its process.
const SLOW: Duration = Duration::from_secs(6);

struct Slow(Arc<MemoryLog>);

#[async_trait]
impl ReadHead for Slow {
    async fn head(&self) -> Result<Head, ReadError> {
        self.0.head().await
    }

    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, ReadError> {
        sleep(SLOW).await;
        self.0.commit_refs(ends).await
    }
}

#[async_trait]
impl ReadCommits for Slow {
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError> {
        sleep(SLOW).await;
        self.0.read_commits(after, max_events).await
    }

    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        self.0.recorded_after(position).await
    }
}

#[tokio::test]
async fn parking_and_retrying_read_the_log_before_they_hold_the_view() {
    let mut history = History::random(80, 40);
    let (fixture, mut worker) = TallyFixture::begun(&history, 40).await;
    worker.at(fixture.log.end()).await;
    let mut shop = fixture.rebuilder(fixture.view.clone());
    shop.log = Arc::new(Slow(fixture.log.clone()));
    let key = history.commits[0].events[0].stream.to_string();
    shop.park(&ParkWhat::Key(key), &operator()).await.expect("parked");
    let begun = history.commits.len();
    for number in 101..160 {
        history.commit(&[
            (3, "Added", "1"),
            (history.commits[0].events[0].stream.uuid().as_u128(), "Added", &number.to_string()),
        ]);
    }
    fixture.log.extend(history.commits[begun..].iter().cloned());
    worker.reach(fixture.log.end());
    worker.at(fixture.log.end()).await;
    let retried = shop.retry_parked(None, &operator()).await.expect("retried");
    assert_eq!((retried.len(), retried[0].applied, &retried[0].error), (1, 59, &None));
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_load_at_a_low_rate_holds_no_transaction_before_it_writes() {
    let history = History::random(81, 120);
    let (fixture, mut worker) = TallyFixture::begun(&history, 120).await;
    worker.at(fixture.log.end()).await;
    let mut shop = fixture.bulk(Flaw::None);
    shop.options.connections = 1;
    shop.options.rate = Some(60);
    let request = request(Until::Ready);
    let idle = async {
        loop {
            let waiting = "select query from pg_stat_activity where datname = current_database()
                and application_name = 'jangbu/rebuild' and state = 'idle in transaction'
                and state_change < clock_timestamp() - interval '300 milliseconds'";
            if let Some(query) = fixture.scratch.lines(waiting).await.pop() {
                return query;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        made = shop.rebuild(&request) => assert_eq!(made.expect("made").state, "ready"),
        query = idle => panic!("a transaction waits for its process after: {query}"),
    }
    worker.kill().await;
    fixture.scratch.close().await;
}
