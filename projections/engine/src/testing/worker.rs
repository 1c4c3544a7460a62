//! Views at work in a test: started, killed and waited for.

use std::{sync::Arc, time::Duration};

use kernel::Position;
use log::{Commit, ReadCommits};
use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::MemoryLog;
use crate::{Decode, Outlet, Projection, Runner, Settings, Slice, Sources, State, Status, inbox};

/// One view at work.
#[derive(Debug)]
pub struct Worker<E: Send + Sync + 'static> {
    outlet: Outlet<E>,
    reachable: watch::Sender<Position>,
    recheck: watch::Sender<u64>,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

impl<E: Send + Sync + 'static> Worker<E> {
    /// Starts the view.
    pub fn start(
        projection: Arc<dyn Projection<Event = E>>,
        database: &PgConnectOptions,
        log: Arc<dyn ReadCommits>,
        decoder: Arc<dyn Decode<Event = E>>,
        settings: Settings,
    ) -> Self {
        let (outlet, inbox) = inbox(100_000);
        let (reachable, reached) = watch::channel(Position::ZERO);
        let (recheck, rechecked) = watch::channel(0);
        let sources = Sources { inbox, reachable: reached, recheck: rechecked, log, decoder };
        let runner = Runner::new(projection, database, sources, settings);
        let status = runner.status();
        let task = tokio::spawn(async move {
            let never = runner.run().await;
            match never {}
        });
        Self { outlet, reachable, recheck, status, task }
    }

    /// Hands it a slice, for which it must have room.
    pub fn deliver(&self, slice: &Arc<Slice<E>>) {
        assert!(self.offer(slice), "the inbox is full");
    }

    /// Hands it a slice; `false` if it has too much waiting.
    pub fn offer(&self, slice: &Arc<Slice<E>>) -> bool {
        self.outlet.offer(slice)
    }

    /// Announces how far the log goes.
    pub fn reach(&self, position: Position) {
        self.reachable.send_replace(position);
    }

    /// Has it check whether it is of the log's history.
    pub fn recheck(&self) {
        self.recheck.send_modify(|times| *times += 1);
    }

    /// Waits until it finds that it is of another history, and says why.
    pub async fn of_another_history(&mut self) -> String {
        self.until("find another history", |status| matches!(status.state, State::OtherHistory(_))).await;
        let State::OtherHistory(reason) = self.status().state else { panic!("it was of another history a moment ago") };
        reason
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Waits until it is at a position.
    pub async fn at(&mut self, position: Position) {
        self.until(&format!("be at {position}"), |status| status.position >= position).await;
    }

    /// Waits until it is stuck, and says why.
    pub async fn stuck(&mut self) -> String {
        self.until("be stuck", |status| matches!(status.state, State::Stuck(_))).await;
        let State::Stuck(reason) = self.status().state else { panic!("it was stuck a moment ago") };
        reason
    }

    /// Waits until it stands by because another version is live, and says so.
    pub async fn standing_by(&mut self) -> String {
        self.until("stand by", |status| matches!(status.state, State::Standby(_))).await;
        let State::Standby(reason) = self.status().state else { panic!("it stood by a moment ago") };
        reason
    }

    /// Waits until it waits for something outside, and says for what.
    pub async fn waiting(&mut self) -> String {
        self.until("wait", |status| matches!(status.state, State::Waiting(_))).await;
        let State::Waiting(reason) = self.status().state else { panic!("it waited a moment ago") };
        reason
    }

    async fn until(&mut self, what: &str, reached: impl Fn(&Status) -> bool) {
        let waiting = timeout(Duration::from_secs(30), self.status.wait_for(|status| reached(status)));
        let failed = waiting.await.map_or(true, |seen| seen.is_err());
        assert!(!failed, "the view did not {what}: {:?}", self.status());
    }

    /// Stops it where it is, in the middle of whatever it does, as a kill would.
    pub async fn kill(self) {
        self.task.abort();
        // The task is gone when this answers; that it was aborted is what was wanted.
        let _ = self.task.await;
        // The server rolls back once it notices that nobody is there.
        sleep(Duration::from_millis(5)).await;
    }
}

/// Cuts commits into slices, as a relay would.
#[derive(Debug)]
pub struct Post<'a> {
    log: &'a MemoryLog,
}

impl<'a> Post<'a> {
    /// The post of a log.
    pub fn of(log: &'a MemoryLog) -> Self {
        Self { log }
    }

    /// A slice of these commits.
    pub fn slice<E: Send + Sync + 'static>(
        &self,
        commits: &[Commit],
        decoder: &dyn Decode<Event = E>,
    ) -> Arc<Slice<E>> {
        let after = commits.first().and_then(|first| self.log.before(first.first));
        let slice = log::Slice::new(self.log.id(), after, commits.to_vec()).expect("commits that follow one another");
        Arc::new(Slice::decode(&slice, decoder))
    }
}

/// Settings that do not make a test wait.
pub fn brisk() -> Settings {
    Settings {
        max_events: 200,
        pace: Duration::ZERO,
        time_limit: Duration::from_secs(20),
        retry_first: Duration::from_millis(5),
        retry_last: Duration::from_millis(50),
        stuck_first: Duration::from_millis(50),
        stuck_last: Duration::from_millis(200),
        paused_look: Duration::from_millis(20),
        version_wait: Duration::from_millis(20),
        version_stall: Duration::from_millis(300),
    }
}
