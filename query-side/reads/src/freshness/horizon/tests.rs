use std::sync::atomic::AtomicI64;

use async_trait::async_trait;
use kernel::ManualClock;
use log::{Commit, ReadError, ReadHead};
use tokio::time::sleep;

use super::*;

/// A log of which only the head matters here; it counts how often it is asked and can be made slow or silent.
#[derive(Default)]
pub struct HeadOnly {
    pub position: AtomicI64,
    pub recorded_after: AtomicI64,
    pub asked: AtomicU64,
    pub looked_up: AtomicU64,
    pub slow: Duration,
    pub broken: std::sync::atomic::AtomicBool,
}

pub fn log_id() -> LogId {
    LogId::new(uuid::Uuid::from_u128(7))
}

/// The commit that ends at a position of this log.
pub fn commit_at(position: Position) -> CommitRef {
    let command_id = kernel::CommandId::new(uuid::Uuid::from_u128(position.number().unsigned_abs().into()));
    CommitRef { position, command_id, recorded_at: time(0) }
}

pub fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("in range")
}

#[async_trait]
impl ReadHead for HeadOnly {
    async fn head(&self) -> Result<Head, ReadError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let position = Position::new(self.position.load(Ordering::SeqCst));
        sleep(self.slow).await;
        if self.broken.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("gone".into()));
        }
        Ok(Head { log: log_id(), position, recorded_at: time(0), now: time(0), commit: Some(commit_at(position)) })
    }

    /// One commit for each position up to the head.
    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, ReadError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("gone".into()));
        }
        self.looked_up.fetch_add(1, Ordering::SeqCst);
        let head = self.position.load(Ordering::SeqCst);
        Ok(ends.iter().map(|end| (1..=head).contains(&end.number()).then(|| commit_at(*end))).collect())
    }
}

#[async_trait]
impl ReadCommits for HeadOnly {
    async fn read_commits(&self, _: Position, _: i64) -> Result<Vec<Commit>, ReadError> {
        Ok(Vec::new())
    }

    async fn recorded_after(&self, _: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        Ok(Some(time(self.recorded_after.load(Ordering::SeqCst))))
    }
}

fn horizon(log: HeadOnly) -> (Arc<HeadOnly>, Arc<ManualClock>, Arc<Horizon>) {
    let (log, clock) = (Arc::new(log), Arc::new(ManualClock::new(time(100))));
    (log.clone(), clock.clone(), Arc::new(Horizon::new(log, clock)))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_lookers_share_two_looks() {
    let (log, _, horizon) = horizon(HeadOnly { slow: Duration::from_millis(50), ..HeadOnly::default() });
    let lookers: Vec<_> = (0..1000)
        .map(|_| {
            let horizon = horizon.clone();
            tokio::spawn(async move { horizon.look().await.is_ok() })
        })
        .collect();
    for looker in lookers {
        assert!(looker.await.expect("no panic"));
    }
    assert!(log.asked.load(Ordering::SeqCst) <= 2, "{}", log.asked.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_began_before_is_not_believed() {
    let (log, _, horizon) = horizon(HeadOnly { slow: Duration::from_millis(50), ..HeadOnly::default() });
    let early = tokio::spawn({
        let horizon = horizon.clone();
        async move { horizon.look().await.expect("reachable").position }
    });
    sleep(Duration::from_millis(10)).await;
    // The look under way has read its head already; a token made now is beyond it.
    log.position.store(9, Ordering::SeqCst);
    assert_eq!(horizon.look().await.expect("reachable").position, Position::new(9));
    assert_eq!(early.await.expect("no panic"), Position::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_answer_is_given_up_and_found_again() {
    let (log, _, horizon) = horizon(HeadOnly::default());
    log.broken.store(true, Ordering::SeqCst);
    assert!(horizon.look().await.is_err());
    assert!(!horizon.is_reachable());
    log.broken.store(false, Ordering::SeqCst);
    assert!(horizon.look().await.is_ok());
    assert!(horizon.is_reachable());
}

#[tokio::test]
async fn lag_is_nothing_at_the_head_and_counts_from_the_first_unapplied_commit() {
    let (log, clock, horizon) = horizon(HeadOnly::default());
    log.position.store(10, Ordering::SeqCst);
    log.recorded_after.store(103, Ordering::SeqCst);
    horizon.look().await.expect("reachable");
    assert_eq!(horizon.lag(Position::new(10), None), Duration::ZERO);
    assert_eq!(horizon.lag(Position::new(11), None), Duration::ZERO);

    // The view applied its last commit an hour ago because nothing happened since; then a commit came.
    log.position.store(11, Ordering::SeqCst);
    clock.set(time(105));
    horizon.look().await.expect("reachable");
    let an_hour_ago = Some(time(-3500));
    assert_eq!(horizon.lag(Position::new(10), an_hour_ago), Duration::from_secs(5), "bounded by the look before");
    horizon.look_behind([Position::new(10)]).await;
    assert_eq!(horizon.lag(Position::new(10), an_hour_ago), Duration::from_secs(2), "exact");
    assert_eq!(horizon.lag(Position::new(11), an_hour_ago), Duration::ZERO);
}

#[tokio::test]
async fn a_view_ahead_of_the_last_look_moves_the_head() {
    let (_, _, horizon) = horizon(HeadOnly::default());
    horizon.at_least(Position::new(5));
    assert_eq!(horizon.head(), None, "no log, no head");
    horizon.look().await.expect("reachable");
    horizon.at_least(Position::new(5));
    assert_eq!(horizon.head().map(|head| head.position), Some(Position::new(5)));
}

#[tokio::test]
async fn bounds_do_not_grow_without_end() {
    let (log, clock, horizon) = horizon(HeadOnly::default());
    for i in 0..2000 {
        log.position.store(i / 2, Ordering::SeqCst);
        clock.set(time(i));
        horizon.look().await.expect("reachable");
    }
    assert_eq!(horizon.known().bounds.len(), BOUNDS);
}
