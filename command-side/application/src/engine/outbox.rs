//! Answers that are due: sent while the next append is under way, or at once if there is none.

use std::sync::Arc;

use super::{recent::RecentAnswers, task::Job};
use crate::ExecuteError;

/// Answers whose outcome is durable, not sent yet.
///
/// Answering a batch wakes as many tasks as it has commands, and all of them want the processor at once. Sent first, they
/// would hold up the next append, which everybody who is waiting needs; sent while Postgres works on it, they cost nobody
/// anything. An outbox that is dropped leaves its clients with an unknown outcome, as a crash would: the log has it.
pub struct Outbox {
    due: Vec<(Job, Option<ExecuteError>)>,
    recent: Arc<RecentAnswers>,
}

impl Outbox {
    pub fn new(recent: Arc<RecentAnswers>) -> Self {
        Self { due: Vec::new(), recent }
    }

    /// Puts a command in whose answer is ready, or one that failed.
    pub fn put(&mut self, job: Job, failed: Option<ExecuteError>) {
        self.due.push((job, failed));
    }

    /// Tells all of them.
    pub fn send(&mut self) {
        for (job, failed) in self.due.drain(..) {
            match failed {
                Some(error) => job.fail(error),
                None => answer(job, &self.recent),
            }
        }
    }
}

/// Tells an answer that is ready, and keeps it.
pub fn answer(job: Job, recent: &RecentAnswers) {
    if recent.is_kept()
        && let Some(answer) = job.kept()
    {
        recent.keep(&job.meta, answer);
    }
    job.finish();
}
