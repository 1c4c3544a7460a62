//! How far a rebuild is.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    time::{Instant, sleep_until},
};

/// What a rebuild is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Finding out what there is to do.
    #[default]
    Planning,
    /// Filling the tables from the log.
    Building,
    /// Settling what the ranges could not know alone.
    Merging,
    /// Making indexes and constraints.
    Indexing,
    /// Following the log until it is level with the live generation.
    Tailing,
    /// Holding it against the live generation.
    Comparing,
    /// Made; not live yet.
    Ready,
    /// Live.
    Promoted,
    /// Broken off.
    Failed,
}

impl Phase {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Building => "building",
            Self::Merging => "merging",
            Self::Indexing => "indexing",
            Self::Tailing => "tailing",
            Self::Comparing => "comparing",
            Self::Ready => "ready",
            Self::Promoted => "promoted",
            Self::Failed => "failed",
        }
    }
}

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The generation that is made; 0 before it has a number.
    pub generation: i32,
    /// What is being done.
    pub phase: Phase,
    /// How much of it is done: events, indexes or tables, by phase.
    pub done: i64,
    /// How much there is.
    pub total: i64,
}

/// Reports how far a rebuild is. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reporter {
    progress: Arc<watch::Sender<Progress>>,
}

impl Default for Reporter {
    fn default() -> Self {
        Self { progress: Arc::new(watch::Sender::new(Progress::default())) }
    }
}

impl Reporter {
    /// Follows it.
    pub fn subscribe(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    pub(crate) fn generation(&self, generation: i32) {
        self.progress.send_modify(|progress| progress.generation = generation);
    }

    pub(crate) fn phase(&self, phase: Phase, done: i64, total: i64) {
        self.progress.send_modify(|progress| *progress = Progress { phase, done, total, ..*progress });
    }

    pub(crate) fn add(&self, done: i64) {
        self.progress.send_modify(|progress| progress.done += done);
    }
}

/// Holds all who read the log together to so many events a second.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: Option<f64>,
    next: Mutex<Instant>,
}

impl Rate {
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        let per_second = per_second.filter(|rate| *rate > 0).map(f64::from);
        Self { per_second, next: Mutex::new(Instant::now()) }
    }

    /// Waits until so many more events may be read.
    pub(crate) async fn take(&self, events: i64) {
        let Some(per_second) = self.per_second else { return };
        let mut next = self.next.lock().await;
        let turn = (*next).max(Instant::now());
        *next = turn + Duration::from_secs_f64(events as f64 / per_second);
        drop(next);
        sleep_until(turn).await;
    }
}
