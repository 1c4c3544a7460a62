//! Commits that were looked up a short while ago: as many as fit.

use std::sync::Arc;

use log::DetachedCommit;
use lru::LruCache;
use uuid::Uuid;

/// What all of them take in memory, about.
const ROOM: usize = 16 << 20;
/// What an event takes besides its payload.
const EVENT: usize = 200;

/// Commits by log and first position.
#[derive(Debug)]
pub struct Kept {
    commits: LruCache<(Uuid, i64), Arc<DetachedCommit>>,
    taken: usize,
}

impl Kept {
    pub fn new() -> Self {
        Self { commits: LruCache::unbounded(), taken: 0 }
    }

    pub fn get(&mut self, log: Uuid, first: i64) -> Option<Arc<DetachedCommit>> {
        self.commits.get(&(log, first)).cloned()
    }

    /// Keeps one more; those that were not asked for longest give way.
    pub fn put(&mut self, log: Uuid, commit: Arc<DetachedCommit>) {
        self.taken += size(&commit);
        if let Some(same) = self.commits.put((log, commit.commit.first.number()), commit) {
            self.taken -= size(&same);
        }
        while self.taken > ROOM
            && let Some((_, oldest)) = self.commits.pop_lru()
        {
            self.taken -= size(&oldest);
        }
    }
}

fn size(commit: &DetachedCommit) -> usize {
    commit.commit.events.iter().map(|event| EVENT + event.payload.get().len()).sum()
}
