//! What is known of the tasks of this process. A process has one set of tasks, so there is one registry.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

/// A task could not be kept running.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task {task} cannot be kept running: {why}")]
pub struct Failed {
    /// Which.
    pub task: String,
    /// The last reason.
    pub why: String,
}

/// Tasks that are down, by their entries.
static DOWN: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
static FAILED: LazyLock<watch::Sender<Option<Failed>>> = LazyLock::new(|| watch::Sender::new(None));
static NEXT: AtomicU64 = AtomicU64::new(0);

/// An error if a task of this process is down.
pub fn check() -> Result<(), String> {
    match down().values().next() {
        Some(why) => Err(why.clone()),
        None => outcome().map_err(|failed| failed.to_string()),
    }
}

/// Waits until a task of this process cannot be kept running.
pub async fn failed() -> Failed {
    let mut failures = FAILED.subscribe();
    loop {
        if let Some(failed) = failures.borrow_and_update().clone() {
            return failed;
        }
        if failures.changed().await.is_err() {
            // The sender is static, so this cannot be.
            std::future::pending::<()>().await;
        }
    }
}

/// Fails the process: it cannot do its work, and no restart of a task would help.
pub fn fail(task: &str, why: &str) {
    tracing::error!(task, why, "the process cannot do its work and ends");
    let failed = Failed { task: task.to_owned(), why: why.to_owned() };
    FAILED.send_if_modified(|first| first.is_none().then(|| *first = Some(failed)).is_some());
}

/// An error if a task of this process could not be kept running.
pub fn outcome() -> Result<(), Failed> {
    FAILED.borrow().clone().map_or(Ok(()), Err)
}

fn down() -> std::sync::MutexGuard<'static, BTreeMap<u64, String>> {
    DOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One task in the registry; its end takes it out.
pub(crate) struct Entry {
    number: u64,
    name: Cow<'static, str>,
}

impl Entry {
    pub fn new(name: Cow<'static, str>) -> Self {
        // The metric is there from the start, so that an alert can watch it.
        metrics::counter!("task_restarts_total", "task" => name.clone()).increment(0);
        Self { number: NEXT.fetch_add(1, Ordering::Relaxed), name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn runs(&self) {
        down().remove(&self.number);
    }

    pub fn broke(&self, why: &str, pause: Duration) {
        metrics::counter!("task_restarts_total", "task" => self.name.clone()).increment(1);
        tracing::error!(task = %self.name, why, ?pause, "a background task broke; it is started again");
        down().insert(self.number, format!("the task {} broke: {why}", self.name));
    }

    pub fn gives_up(&self, why: &str) {
        fail(&self.name, why);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.runs();
    }
}
