//! Recent answers, so that a retry in the next minutes costs the log nothing.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::CommandId;
use log::Fingerprint;
use lru::LruCache;

use super::{Meta, Receipt, task::KeptAnswer};
use crate::ExecuteError;

type Answers = LruCache<CommandId, (Fingerprint, KeptAnswer)>;

/// The newest answers; none, if none is to stay in memory.
pub struct RecentAnswers(Option<Mutex<Answers>>);

impl RecentAnswers {
    pub fn new(capacity: usize) -> Self {
        Self(NonZeroUsize::new(capacity).map(|capacity| Mutex::new(LruCache::new(capacity))))
    }

    /// The answer already given, if it is still known.
    pub fn replay<A: Clone + 'static>(&self, meta: &Meta) -> Option<Result<Receipt<A>, ExecuteError>> {
        let (fingerprint, answer) = self.answers()?.get(&meta.command_id)?.clone();
        if fingerprint != meta.fingerprint {
            return Some(Err(ExecuteError::KeyReused));
        }
        let receipt = answer.downcast_ref::<Receipt<A>>()?.clone();
        Some(Ok(Receipt { replayed: true, ..receipt }))
    }

    pub fn keep(&self, meta: &Meta, answer: KeptAnswer) {
        if let Some(mut answers) = self.answers() {
            answers.put(meta.command_id, (meta.fingerprint, answer));
        }
    }

    /// Whether answers are kept at all.
    pub fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        if let Some(mut answers) = self.answers() {
            answers.clear();
        }
    }

    fn answers(&self) -> Option<MutexGuard<'_, Answers>> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
