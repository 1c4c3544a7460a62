//! How far the log has got, as last seen, and since when a view has been behind it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use kernel::{Clock, CommitRef, CommitTag, LogId, Position};
use log::{Adoption, Head, ReadCommits};
use tokio::{sync::Mutex, time::timeout};

use super::commits::Commits;

/// How long one look at the log may take.
const LOOK: Duration = Duration::from_secs(2);
/// How many bounds are kept: two minutes of looks at two a second.
const BOUNDS: usize = 256;

/// The log cannot be asked now.
#[derive(Clone, Copy, Debug)]
pub struct Unreachable;

/// What is known of the log's end. It is looked at twice a second, never once per request; a read that must know
/// whether a position exists shares its look with every other read that came before the look began.
pub struct Horizon {
    log: Arc<dyn ReadCommits>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
    begun: AtomicU64,
    flight: Mutex<Option<(u64, Result<Head, Unreachable>)>>,
    commits: Commits,
}

#[derive(Default)]
struct Known {
    /// The end of the log, as far as anybody has seen it.
    head: Option<Head>,
    /// What the last look itself found.
    seen: Option<Head>,
    reachable: bool,
    /// When the log was given new ids, oldest first; read again whenever its id changes.
    adoptions: Vec<Adoption>,
    bounds: VecDeque<Bound>,
}

/// Whatever comes after this position was recorded at this time or later.
#[derive(Clone, Copy, Debug)]
struct Bound {
    after: Position,
    not_before: DateTime<Utc>,
}

impl Horizon {
    /// Of this log; nothing is known until the first look.
    pub fn new(log: Arc<dyn ReadCommits>, clock: Arc<dyn Clock>) -> Self {
        let (known, begun, flight) = (RwLock::default(), AtomicU64::new(0), Mutex::new(None));
        Self { commits: Commits::new(log.clone()), log, clock, known, begun, flight }
    }

    /// The end of the log, as last seen.
    pub fn head(&self) -> Option<Head> {
        self.known().head
    }

    /// Where the last look at the log itself found its end. What the views claim does not count.
    pub fn seen(&self) -> Option<Position> {
        self.known().seen.map(|head| head.position)
    }

    /// Which log it is, if it was ever seen.
    pub fn log_id(&self) -> Option<LogId> {
        self.known().head.map(|head| head.log)
    }

    /// Whether the last look succeeded.
    pub fn is_reachable(&self) -> bool {
        self.known().reachable
    }

    /// A look at the log that begins no earlier than this call, shared by all who call while one is under way: a
    /// look that had begun before may be older than the token that must be judged by it.
    pub async fn look(&self) -> Result<Head, Unreachable> {
        let arrived = self.begun.load(Ordering::SeqCst);
        let mut last = self.flight.lock().await;
        if let Some((number, result)) = *last
            && number > arrived
        {
            return result;
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let asked_at = self.clock.now();
        let result = match timeout(LOOK, self.ask()).await {
            Ok(Ok(head)) => Ok(head),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(elapsed) => Err(self.lost(&elapsed)),
        };
        if let Ok(head) = result {
            self.saw(head, asked_at);
        }
        *last = Some((number, result));
        result
    }

    /// Asks where the log ends, and whether it is still the one of the last look: a log that was restored has lost the commit
    /// that was its last, and then nothing counts that was found out about its commits.
    async fn ask(&self) -> Result<Head, log::ReadError> {
        let head = self.log.head().await?;
        let before = self.known().seen;
        if before.is_none_or(|before| before.log != head.log) {
            let adoptions = self.log.adoptions().await?;
            self.known_mut().adoptions = adoptions;
        }
        if let Some(last) = before.and_then(|before| before.commit).filter(|last| Some(*last) != head.commit)
            && self.log.commit_refs(&[last.position]).await?.first().copied().flatten() != Some(last)
        {
            tracing::error!(log.position = last.position.number(), "the log has another history than a moment ago");
            self.known_mut().bounds.clear();
            self.commits.forget();
        }
        Ok(head)
    }

    /// The commits that end at these positions.
    pub async fn commits_at(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, Unreachable> {
        match timeout(LOOK, self.log.commit_refs(ends)).await {
            Ok(Ok(commits)) => Ok(commits),
            _ => Err(Unreachable),
        }
    }

    /// Whether the log holds the commit of a token; none if the log has not reached its position, or does not answer.
    pub async fn holds(&self, position: Position, tag: CommitTag) -> Option<bool> {
        let found = timeout(LOOK, self.commits.tag_at(position)).await.ok()?.ok()?;
        if let Some(found) = found {
            return Some(found == tag);
        }
        // It is not the end of a commit, or it was not yet when it was looked up.
        let head = self.look().await.ok()?;
        if head.position < position {
            return None;
        }
        let found = timeout(LOOK, self.commits.tag_at(position)).await.ok()?.ok()?;
        Some(found == Some(tag))
    }

    /// Whether two ids are of one log, which was given a new one when it was restored.
    pub fn is_one_log(&self, one: LogId, other: LogId) -> bool {
        let known = self.known();
        let Some(head) = known.head else { return one == other };
        let ours = |id: LogId| id == head.log || known.adoptions.iter().any(|adoption| adoption.old == id);
        one == other || (ours(one) && ours(other))
    }

    /// Where a former id of the log ends: later positions under it are of commits that this log never held.
    pub fn end_of_former(&self, id: LogId) -> Option<Position> {
        let known = self.known();
        let adoption = known.adoptions.iter().find(|adoption| adoption.old == id)?;
        Some(adoption.commit.map_or(Position::ZERO, |commit| commit.position))
    }

    /// Finds out since when views at these positions have been behind.
    pub async fn look_behind(&self, positions: impl IntoIterator<Item = Position>) {
        for position in positions {
            if let Ok(Ok(Some(recorded_at))) = timeout(LOOK, self.log.recorded_after(position)).await {
                self.known_mut().push(Bound { after: position, not_before: recorded_at });
            }
        }
    }

    /// A view has applied this position, so the log has it.
    pub fn at_least(&self, position: Position) {
        if self.known().head.is_some_and(|head| head.position < position)
            && let Some(head) = &mut self.known_mut().head
        {
            head.position = head.position.max(position);
        }
    }

    /// How long the first commit after this position has been waiting to be applied; nothing if there is none known.
    /// `applied_at` is when the last applied one was recorded. Never too small; too large only by the time between
    /// two looks.
    pub fn lag(&self, position: Position, applied_at: Option<DateTime<Utc>>) -> Duration {
        let known = self.known();
        if known.head.is_some_and(|head| position >= head.position) {
            return Duration::ZERO;
        }
        let bounds = known.bounds.iter().filter(|bound| bound.after <= position).map(|bound| bound.not_before);
        let since = bounds.chain(applied_at).max();
        since.and_then(|since| (self.clock.now() - since).to_std().ok()).unwrap_or_default()
    }

    /// How long ago that was, in whole milliseconds, at least one, so that what is pending never shows no lag.
    pub fn since(&self, time: Option<DateTime<Utc>>) -> Duration {
        let waited = time.and_then(|time| (self.clock.now() - time).to_std().ok()).unwrap_or_default();
        waited.max(Duration::from_millis(1))
    }

    fn saw(&self, head: Head, asked_at: DateTime<Utc>) {
        let mut known = self.known_mut();
        if !known.reachable {
            tracing::info!(log.id = %head.log, log.head = head.position.number(), "the log can be reached");
        }
        known.reachable = true;
        if known.head.is_some_and(|before| before.log != head.log) {
            known.bounds.clear();
        }
        known.head = Some(head);
        known.seen = Some(head);
        known.push(Bound { after: head.position, not_before: asked_at });
    }

    fn lost(&self, error: &dyn std::error::Error) -> Unreachable {
        let mut known = self.known_mut();
        if known.reachable || known.head.is_none() {
            let cause = error.source().map(ToString::to_string);
            tracing::warn!(error = %error, cause, "the log cannot be reached; reads go on, tokens ahead wait");
        }
        known.reachable = false;
        Unreachable
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn push(&mut self, bound: Bound) {
        // An idle log gives the same position again and again; its newest time says all.
        if self.bounds.back().is_some_and(|last| last.after == bound.after && last.not_before <= bound.not_before) {
            self.bounds.pop_back();
        }
        if self.bounds.len() == BOUNDS {
            self.bounds.pop_front();
        }
        self.bounds.push_back(bound);
    }
}

#[cfg(test)]
pub(super) mod tests;
