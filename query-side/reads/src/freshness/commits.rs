//! Which commits the log holds, for the tokens that name them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{CommitTag, Position};
use log::{ReadCommits, ReadError};

/// So many answers are kept: clients send the token of their last command with each of their reads.
const KEPT: usize = 8_192;
/// So many positions are looked up at once.
const AT_ONCE: usize = 256;

/// Looks commits up, all that are asked for at one time in one statement: a busy server asks the log no more often than the
/// log answers.
pub struct Commits {
    log: Arc<dyn ReadCommits>,
    state: Mutex<State>,
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Commits that were found. One that is in the log stays there, until the log is restored.
    found: BTreeMap<Position, CommitTag>,
    asked: BTreeSet<Position>,
    /// Raised when the log turned out to be another history: what is under way then is of the time before.
    history: u64,
}

impl Commits {
    /// Of this log.
    pub fn new(log: Arc<dyn ReadCommits>) -> Self {
        Self { log, state: Mutex::default(), flight: tokio::sync::Mutex::default() }
    }

    /// The commit that ends at a position, if one does.
    pub async fn tag_at(&self, position: Position) -> Result<Option<CommitTag>, ReadError> {
        if let Some(tag) = self.state().found.get(&position) {
            return Ok(Some(*tag));
        }
        self.state().asked.insert(position);
        let _flying = self.flight.lock().await;
        // The query before this one may have read it.
        if let Some(tag) = self.state().found.get(&position) {
            return Ok(Some(*tag));
        }
        let (asked, history) = self.take(position);
        let found = self.log.commit_refs(&asked).await?;
        let mut state = self.state();
        let mut ours = None;
        for commit in found.into_iter().flatten() {
            if commit.position == position {
                ours = Some(commit.tag());
            }
            if state.history == history {
                state.found.insert(commit.position, commit.tag());
            }
        }
        while state.found.len() > KEPT {
            state.found.pop_first();
        }
        Ok(ours)
    }

    /// The log is another history than before.
    pub fn forget(&self) {
        let mut state = self.state();
        state.found.clear();
        state.history += 1;
    }

    /// What is asked for by others too, and this position.
    fn take(&self, position: Position) -> (Vec<Position>, u64) {
        let mut state = self.state();
        state.asked.remove(&position);
        let mut taken = vec![position];
        while taken.len() < AT_ONCE
            && let Some(other) = state.asked.pop_last()
        {
            taken.push(other);
        }
        (taken, state.history)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
