//! Answers that are due: told while the next append is under way, or at once if there is none.

use std::sync::Arc;

use super::{Job, recent::RecentAnswers};
use crate::{Answer, ExecuteError};

/// Answers whose outcome is durable, not told yet.
///
/// Telling a batch wakes as many tasks as it has commands, and all of them want the processor at once. Told first, they
/// would hold up the next append, which everybody who is waiting needs; told while Postgres works on it, they cost nobody
/// anything. An outbox that is dropped leaves its clients with an unknown outcome, as a crash would: the log has it.
pub struct Outbox {
    due: Vec<(Job, Result<Answer, ExecuteError>)>,
    recent: Arc<RecentAnswers>,
}

impl Outbox {
    pub fn new(recent: Arc<RecentAnswers>) -> Self {
        Self { due: Vec::new(), recent }
    }

    /// Puts an answer in.
    pub fn put(&mut self, job: Job, answer: Result<Answer, ExecuteError>) {
        self.due.push((job, answer));
    }

    /// Tells all of them.
    pub fn send(&mut self) {
        for (job, answer) in self.due.drain(..) {
            if let Ok(answer) = &answer {
                self.recent.keep(&job.submission, answer);
            }
            job.finish(answer);
        }
    }
}
