//! A log that lives as long as a test.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{CommitRef, LogId, Position};
use log::{Adoption, Commit, CommitRanges, Head, PositionRange, RangeReader, ReadCommits, ReadError, ReadHead};

/// A log in memory: the port of `event-store/log`, with failures on request.
#[derive(Debug)]
pub struct MemoryLog {
    id: Mutex<LogId>,
    adoptions: Mutex<Vec<Adoption>>,
    commits: Mutex<Vec<Commit>>,
    failures: AtomicU32,
    reads: AtomicU32,
    ranges: AtomicUsize,
    broken_after: AtomicUsize,
}

impl MemoryLog {
    /// A log of that id that holds these commits.
    pub fn new(id: LogId, commits: Vec<Commit>) -> Self {
        Self {
            id: Mutex::new(id),
            adoptions: Mutex::default(),
            commits: Mutex::new(commits),
            failures: AtomicU32::new(0),
            reads: AtomicU32::new(0),
            ranges: AtomicUsize::new(0),
            broken_after: AtomicUsize::new(usize::MAX),
        }
    }

    /// The id.
    pub fn id(&self) -> LogId {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on under a new id, as a restored log does that an operator adopts.
    pub fn adopt(&self, new: LogId) {
        let commit = self.lock().last().map(Commit::reference);
        let old = std::mem::replace(&mut *self.id.lock().unwrap_or_else(PoisonError::into_inner), new);
        self.adoptions.lock().unwrap_or_else(PoisonError::into_inner).push(Adoption { old, new, commit });
    }

    /// Adds commits at the end.
    pub fn extend(&self, commits: impl IntoIterator<Item = Commit>) {
        self.lock().extend(commits);
    }

    /// Loses everything after a position, as a log does that is restored from a backup.
    pub fn lose_after(&self, position: Position) {
        self.lock().retain(|commit| commit.last() <= position);
    }

    /// The commit before the one that begins at a position.
    pub fn before(&self, first: Position) -> Option<CommitRef> {
        self.lock().iter().rev().find(|commit| commit.first < first).map(Commit::reference)
    }

    /// The next reads fail as if the store could not be reached.
    pub fn fail(&self, times: u32) {
        self.failures.store(times, Ordering::SeqCst);
    }

    /// How often commits were read from it.
    pub fn reads(&self) -> u32 {
        self.reads.load(Ordering::SeqCst)
    }

    /// How many ranges were read from it.
    pub fn ranges_read(&self) -> usize {
        self.ranges.load(Ordering::SeqCst)
    }

    /// After so many more ranges, the next one fails.
    pub fn break_after(&self, ranges: usize) {
        self.broken_after.store(self.ranges_read() + ranges, Ordering::SeqCst);
    }

    /// Its end.
    pub fn end(&self) -> Position {
        self.lock().last().map_or(Position::ZERO, Commit::last)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Commit>> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fails(&self) -> Result<(), ReadError> {
        let take = |left: u32| left.checked_sub(1);
        match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
            Ok(_) => Err(ReadError::Unavailable("the test wants it so".into())),
            Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl ReadHead for MemoryLog {
    async fn head(&self) -> Result<Head, ReadError> {
        self.fails()?;
        let recorded_at = self.lock().last().map_or(DateTime::UNIX_EPOCH, |commit| commit.recorded_at);
        let commit = self.lock().last().map(Commit::reference);
        Ok(Head { log: self.id(), position: self.end(), recorded_at, now: recorded_at, commit })
    }

    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, ReadError> {
        self.fails()?;
        let commits = self.lock();
        let held = |end: &Position| commits.iter().map(Commit::reference).find(|commit| commit.position == *end);
        Ok(ends.iter().map(held).collect())
    }

    async fn adoptions(&self) -> Result<Vec<Adoption>, ReadError> {
        Ok(self.adoptions.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

#[async_trait]
impl ReadCommits for MemoryLog {
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError> {
        self.fails()?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        let commits = self.lock();
        let first = commits.partition_point(|commit| commit.last() <= after);
        let mut taken = Vec::new();
        let mut events = 0;
        for commit in &commits[first..] {
            events += commit.events.len() as i64;
            if events > max_events && !taken.is_empty() {
                break;
            }
            taken.push(commit.clone());
        }
        Ok(taken)
    }

    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        self.fails()?;
        Ok(self.lock().iter().find(|commit| commit.last() > position).map(|commit| commit.recorded_at))
    }
}

#[async_trait]
impl CommitRanges for MemoryLog {
    async fn plan(&self, after: Position, to: Position, parts: usize) -> Result<Vec<PositionRange>, ReadError> {
        self.fails()?;
        let commits = self.lock();
        let ends: Vec<Position> = commits.iter().map(Commit::last).filter(|end| *end > after && *end <= to).collect();
        let mut begin = after;
        let chunks = ends.chunks(ends.len().div_ceil(parts.max(1)).max(1));
        let ranges = chunks.filter_map(|chunk| chunk.last()).map(|&to| {
            let range = PositionRange { after: begin, to };
            begin = to;
            range
        });
        Ok(ranges.collect())
    }

    async fn read(&self, range: PositionRange) -> Result<Box<dyn RangeReader>, ReadError> {
        self.fails()?;
        let read = self.ranges.fetch_add(1, Ordering::SeqCst);
        if self.broken_after.compare_exchange(read, usize::MAX, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            return Err(ReadError::Unavailable("the test wants it so".into()));
        }
        let commits = self.lock();
        let within = commits.iter().filter(|commit| commit.first > range.after && commit.last() <= range.to);
        Ok(Box::new(MemoryRange(within.cloned().collect())))
    }
}

/// The commits of a range, a few at a time.
struct MemoryRange(std::collections::VecDeque<Commit>);

#[async_trait]
impl RangeReader for MemoryRange {
    async fn next(&mut self) -> Result<Option<Vec<Commit>>, ReadError> {
        let taken: Vec<Commit> = self.0.drain(..self.0.len().min(7)).collect();
        Ok(Some(taken).filter(|commits| !commits.is_empty()))
    }
}
