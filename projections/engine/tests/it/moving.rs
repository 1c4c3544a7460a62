//! Generations that are made while the live one moves on.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{LogId, Position};
use log::{Commit, Head, ReadCommits, ReadError, ReadHead};
use projection_engine::{
    Until,
    testing::{MemoryLog, Worker},
};
use tokio::sync::Mutex;

use crate::{
    bulk_tally::Flaw,
    rebuild::request,
    tally::{Added, History, TallyFixture},
};

/// A log that grows by a commit while its end is read; the commit is in the live generation before the reader has the answer.
struct GoingOn {
    log: Arc<MemoryLog>,
    live: Mutex<(Worker<Added>, Vec<Commit>)>,
}

#[async_trait]
impl ReadHead for GoingOn {
    async fn head(&self) -> Result<Head, ReadError> {
        let head = self.log.head().await?;
        let (worker, commits) = &mut *self.live.lock().await;
        if let Some(commit) = commits.pop() {
            self.log.extend([commit]);
            worker.reach(self.log.end());
            worker.at(self.log.end()).await;
        }
        Ok(head)
    }

    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<log::CommitRef>>, ReadError> {
        self.log.commit_refs(ends).await
    }
}

#[async_trait]
impl ReadCommits for GoingOn {
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError> {
        self.log.read_commits(after, max_events).await
    }

    async fn read_following(
        &self,
        log: LogId,
        commit: Option<log::CommitRef>,
        max_events: i64,
    ) -> Result<Vec<Commit>, ReadError> {
        self.log.read_following(log, commit, max_events).await
    }

    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        self.log.recorded_after(position).await
    }
}

/// A live generation that is ahead of the log belongs to a log that was restored; one that is looked at later than the log
/// only seems to be.
#[tokio::test]
async fn a_live_generation_that_moves_on_meanwhile_is_not_ahead_of_the_log() {
    let history = History::random(52, 300);
    let (fixture, mut worker) = TallyFixture::begun(&history, 280).await;
    worker.at(fixture.log.end()).await;
    let left = history.commits[280..].iter().rev().cloned().collect();
    let log = Arc::new(GoingOn { log: fixture.log.clone(), live: Mutex::new((worker, left)) });
    let mut shop = fixture.bulk(Flaw::None);
    shop.log = log.clone();
    let made = shop.rebuild(&request(Until::Promoted)).await.expect("promoted");
    assert_eq!(made.state, "live");
    let (worker, _) = &mut *log.live.lock().await;
    worker.at(fixture.log.end()).await;
    assert_eq!(fixture.sums().await, history.sums(fixture.log.end()));
    drop(shop);
    fixture.scratch.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_generation_that_never_stands_still_is_replaced() {
    let history = History::random(51, 60_000);
    let (fixture, worker) = TallyFixture::begun(&history, 500).await;
    let pump = async {
        for commit in &history.commits[500..] {
            fixture.log.extend([commit.clone()]);
            worker.reach(fixture.log.end());
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    };
    // Each look finds the live generation further on: it has to be held for the last events.
    let shop = fixture.bulk(Flaw::None);
    let promoting = async {
        for _ in 0..3 {
            assert_eq!(shop.rebuild(&request(Until::Promoted)).await.expect("promoted").state, "live");
        }
    };
    tokio::select! {
        () = pump => panic!("the log came to rest before the promotions did"),
        () = promoting => {}
    }
    let mut worker = worker;
    worker.at(fixture.log.end()).await;
    assert_eq!(fixture.sums().await, history.sums(fixture.log.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}
