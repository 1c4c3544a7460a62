//! Recent answers, so that a retry in the next minutes costs the log nothing.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::CommandId;
use log::Fingerprint;
use lru::LruCache;

use crate::{Answer, ExecuteError, Submission};

pub struct RecentAnswers(Mutex<LruCache<CommandId, (Fingerprint, Answer)>>);

impl RecentAnswers {
    pub fn new(capacity: usize) -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN))))
    }

    /// The answer already given, if it is still known.
    pub fn replay(&self, submission: &Submission) -> Option<Result<Answer, ExecuteError>> {
        let (fingerprint, answer) = self.answers().get(&submission.command_id)?.clone();
        Some(if fingerprint == submission.fingerprint {
            Ok(Answer { replayed: true, ..answer })
        } else {
            Err(ExecuteError::KeyReused)
        })
    }

    pub fn keep(&self, submission: &Submission, answer: &Answer) {
        self.answers().put(submission.command_id, (submission.fingerprint, answer.clone()));
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.answers().clear();
    }

    fn answers(&self) -> MutexGuard<'_, LruCache<CommandId, (Fingerprint, Answer)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
