//! The archive, for who reads the log and comes to what has left its database.
//!
//! Single commits are looked up one request after another: a file is unpacked for each, and however many clients repeat
//! old keys, no more than one processor and one file in memory are theirs.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{LogId, Position, StreamId};
use log::{ArchivedCommit, CommitRanges, DetachedCommit, DetachedCommits, ReadError};
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;

use crate::{
    chain::Chain,
    error::ArchiveError,
    kept::Kept,
    reader::{ArchiveRanges, read_error, stream},
    scan::Scan,
    sequence::{Sequence, Sequences},
    store::Place,
};

/// How many requests for single commits may wait.
const WAITING: usize = 64;
/// How long one may take.
const LOOK_UP: Duration = Duration::from_secs(60);
/// Of how many streams commits are kept that were not asked for.
const STREAMS: usize = 8;

/// Reads commits from an archive. Cheap to clone; clones share what they keep.
#[derive(Clone)]
pub struct ArchivedLog(Arc<Inner>);

struct Inner {
    place: Place,
    turn: Semaphore,
    waiting: Semaphore,
    /// The chain that was read last.
    chain: tokio::sync::Mutex<Option<Arc<Chain>>>,
    kept: Mutex<Kept>,
    /// The file that was read last: its log and its number.
    file: Mutex<Option<(Uuid, u64, Bytes)>>,
    open: Mutex<Sequences>,
}

impl ArchivedLog {
    /// The archive at a place, if one is named. It is not opened before something is asked of it.
    pub fn at(place: &Place) -> Option<Arc<dyn DetachedCommits>> {
        place.is_given().then(|| -> Arc<dyn DetachedCommits> { Arc::new(Self::new(place.clone())) })
    }

    pub fn new(place: Place) -> Self {
        Self(Arc::new(Inner {
            place,
            turn: Semaphore::new(1),
            waiting: Semaphore::new(WAITING),
            chain: tokio::sync::Mutex::default(),
            kept: Mutex::new(Kept::new()),
            file: Mutex::default(),
            open: Mutex::default(),
        }))
    }
}

impl fmt::Debug for ArchivedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchivedLog").finish_non_exhaustive()
    }
}

#[async_trait]
impl DetachedCommits for ArchivedLog {
    fn kept(&self, log: LogId, first: Position) -> Option<Arc<DetachedCommit>> {
        lock(&self.0.kept).get(log.uuid(), first.number())
    }

    async fn holding(
        &self,
        log: LogId,
        positions: &[Position],
        streams: &[StreamId],
    ) -> Result<Vec<Arc<DetachedCommit>>, ReadError> {
        let kept: Option<Vec<_>> = positions.iter().map(|position| self.kept(log, *position)).collect();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let (inner, positions) =
            (self.0.clone(), positions.iter().map(|position| position.number()).collect::<Vec<_>>());
        let streams = streams.iter().take(STREAMS).map(|stream| stream.uuid().to_string()).collect::<Vec<_>>();
        // It goes on when nobody waits any more: the next one who asks finds what it has read.
        let looking = tasks::brief(async move {
            let waiting = inner.waiting.try_acquire();
            let _waiting = waiting.map_err(|_| busy("too many requests wait for the archive"))?;
            let _turn = inner.turn.acquire().await.map_err(|error| ReadError::Unavailable(error.into()))?;
            let found = timeout(LOOK_UP, inner.look_up(log.uuid(), &positions, &streams)).await;
            found.map_err(|_| busy("the archive did not answer in time"))?
        });
        looking.await.map_err(|error| ReadError::Unavailable(error.into()))?
    }

    async fn following(
        &self,
        log: LogId,
        after: Position,
        until: Position,
        max_events: i64,
    ) -> Result<Vec<ArchivedCommit>, ReadError> {
        let open = lock(&self.0.open).take(log.uuid(), after.number());
        let mut sequence = match open {
            Some(open) => open,
            None => self.0.sequence(log.uuid(), after.number(), until.number()).await?,
        };
        let page = sequence.next(max_events).await?;
        lock(&self.0.open).put(sequence);
        Ok(page)
    }

    async fn ranges(&self, log: LogId) -> Result<Arc<dyn CommitRanges>, ReadError> {
        let chain = self.0.chain(log.uuid(), 1).await.map_err(read_error)?;
        Ok(Arc::new(ArchiveRanges::new(chain)))
    }
}

impl Inner {
    /// The chain of a log that goes at least up to a position.
    async fn chain(&self, log: Uuid, position: i64) -> Result<Arc<Chain>, ArchiveError> {
        let mut known = self.chain.lock().await;
        let mut chain = match known.take() {
            Some(chain) if chain.log_id() == log => chain,
            _ => Arc::new(Chain::of(self.place.open(false)?, Some(log)).await?),
        };
        if chain.end() < position {
            Arc::make_mut(&mut chain).refresh().await?;
        }
        *known = Some(chain.clone());
        if chain.end() < position {
            let what = format!("the archive at {} ends at position {}, before {position}", chain.place(), chain.end());
            return Err(ArchiveError::Which(what));
        }
        Ok(chain)
    }

    async fn sequence(&self, log: Uuid, end: i64, to: i64) -> Result<Sequence, ReadError> {
        let chain = self.chain(log, to).await.map_err(read_error)?;
        let batches = stream(chain, end, to, |line| line.into_archived());
        Ok(Sequence { log, end, to, left: Default::default(), batches })
    }

    async fn look_up(
        &self,
        log: Uuid,
        positions: &[i64],
        streams: &[String],
    ) -> Result<Vec<Arc<DetachedCommit>>, ReadError> {
        let mut found: HashMap<i64, Arc<DetachedCommit>> = HashMap::new();
        let mut missing = Vec::new();
        for position in positions {
            match lock(&self.kept).get(log, *position) {
                Some(kept) => drop(found.insert(*position, kept)),
                None => missing.push(*position),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if let Some(last) = missing.last() {
            let chain = self.chain(log, *last).await.map_err(read_error)?;
            for commit in self.scan(&chain, &missing, streams).await.map_err(read_error)? {
                let (from, to) = (commit.commit.first.number(), commit.commit.last().number());
                for position in missing.iter().filter(|position| (from..=to).contains(*position)) {
                    found.insert(*position, commit.clone());
                }
                lock(&self.kept).put(log, commit);
            }
        }
        let commits = positions.iter().map(|position| {
            let lacks = || ReadError::Archive(format!("it does not hold position {position}").into());
            found.get(position).cloned().ok_or_else(lacks)
        });
        commits.collect()
    }

    /// Reads each file once in which a position lies.
    async fn scan(
        &self,
        chain: &Arc<Chain>,
        positions: &[i64],
        streams: &[String],
    ) -> Result<Vec<Arc<DetachedCommit>>, ArchiveError> {
        let mut found = Vec::new();
        for (manifest, about) in chain.segments() {
            let within = |position: &i64| (about.first_position..=about.last_position).contains(position);
            let positions: Vec<i64> = positions.iter().copied().filter(within).collect();
            if positions.is_empty() {
                continue;
            }
            let known = lock(&self.file)
                .clone()
                .filter(|(log, number, _)| (*log, *number) == (chain.log_id(), manifest.number));
            let file = match known {
                Some((.., file)) => file,
                None => chain.file(manifest).await?,
            };
            *lock(&self.file) = Some((chain.log_id(), manifest.number, file.clone()));
            let (manifest, about) = (manifest.clone(), about.clone());
            let broken_off = ArchiveError::Damaged {
                number: manifest.number,
                path: manifest.file.path.clone(),
                what: "reading it was broken off".into(),
            };
            let scan = Scan { manifest, about, positions, streams: streams.to_vec() };
            let scanned = tokio::task::spawn_blocking(move || scan.run(file)).await;
            found.extend(scanned.map_err(|_| broken_off)??.into_iter().map(Arc::new));
        }
        Ok(found)
    }
}

fn busy(what: &'static str) -> ReadError {
    ReadError::Unavailable(what.into())
}

/// Nothing that can panic runs under the locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
