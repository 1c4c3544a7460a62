//! Reading the archived log in order: as rows, to prove and to restore it, and as the port that rebuilds read.

use std::sync::Arc;

use ::log::{CommitRanges, PositionRange, RangeReader, ReadError};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use kernel::Position;
use tokio::sync::mpsc;

use super::{
    chain::Chain,
    error::ArchiveError,
    line::{CommitLine, LineError},
    manifest::{Events, Manifest},
    segment::Lines,
};

/// How many events are handed on at a time, about.
const BATCH: i64 = 4_000;

/// What is made of a line.
pub type Convert<T> = for<'a> fn(CommitLine<'a>) -> Result<T, LineError>;

/// Batches of commits, or why there are no more.
pub type Batches<T> = mpsc::Receiver<Result<Vec<T>, ArchiveError>>;

/// Reads whole commits after a position, up to the one that ends at `to`, in a task of its own that is a little ahead.
/// Every file is held against its manifest, and every line against the one before.
pub fn stream<T: Send + 'static>(chain: Arc<Chain>, after: i64, to: i64, convert: Convert<T>) -> Batches<T> {
    let (give, take) = mpsc::channel(2);
    drop(tasks::brief(async move {
        if let Err(error) = pump(&chain, after, to, convert, &give).await {
            // The reader may be gone already.
            let _ = give.send(Err(error)).await;
        }
    }));
    take
}

async fn pump<T: Send + 'static>(
    chain: &Chain,
    after: i64,
    to: i64,
    convert: Convert<T>,
    give: &mpsc::Sender<Result<Vec<T>, ArchiveError>>,
) -> Result<(), ArchiveError> {
    for (manifest, events) in chain.segments() {
        if events.last_position <= after || events.first_position > to {
            continue;
        }
        let file = chain.file(manifest).await?;
        let (unpacking, give) = (Unpacking::of(manifest, events), give.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpacking.run(file, after, to, convert, &give)).await;
        match unpacked {
            Ok(Ok(true)) => {}
            // The reader is gone, or the end is reached.
            Ok(Ok(false)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(damaged(manifest, "reading it was broken off")),
        }
    }
    Ok(())
}

/// The reading of one segment: what its lines must be.
struct Unpacking {
    manifest: Manifest,
    about: Events,
    end: i64,
    clock: DateTime<Utc>,
    commits: i64,
}

impl Unpacking {
    fn of(manifest: &Manifest, about: &Events) -> Self {
        let (end, clock) = (about.first_position - 1, about.first_recorded_at);
        Self { manifest: manifest.clone(), about: about.clone(), end, clock, commits: 0 }
    }

    /// Hands on the commits wanted; answers whether to go on with the next segment.
    fn run<T>(
        mut self,
        file: Bytes,
        after: i64,
        to: i64,
        convert: Convert<T>,
        give: &mpsc::Sender<Result<Vec<T>, ArchiveError>>,
    ) -> Result<bool, ArchiveError> {
        let manifest = self.manifest.clone();
        let unreadable = |error: std::io::Error| damaged(&manifest, format!("it cannot be decompressed: {error}"));
        let mut lines = Lines::of(file).map_err(unreadable)?;
        let (mut batch, mut held, mut whole) = (Vec::new(), 0, true);
        while let Some(text) = lines.read_line().map_err(unreadable)? {
            let line = self.check(text)?;
            let (first, last) = (line.first(), line.last());
            if first > to {
                whole = false;
                break;
            }
            if last <= after {
                continue;
            }
            if first <= after || last > to {
                return Err(damaged(&manifest, format!("the commit {first}..{last} lies across the end of the range")));
            }
            held += last - first + 1;
            batch.push(convert(line).map_err(|error| self.wrong(first, error))?);
            if held >= BATCH {
                held = 0;
                if give.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
                    return Ok(false);
                }
            }
        }
        if whole {
            self.finish()?;
        }
        Ok(batch.is_empty() || give.blocking_send(Ok(batch)).is_ok())
    }

    /// A line, if it is the one that follows.
    fn check<'a>(&mut self, text: &'a [u8]) -> Result<CommitLine<'a>, ArchiveError> {
        let expected = self.end + 1;
        let line = CommitLine::parse(text).map_err(|error| self.wrong(expected, error))?;
        if line.first() != expected || line.last() < line.first() || line.last() > self.about.last_position {
            let found = format!("the line of position {expected} holds {}..{}", line.first(), line.last());
            return Err(damaged(&self.manifest, found));
        }
        if line.recorded_at() < self.clock {
            return Err(damaged(&self.manifest, format!("the time goes back at position {expected}")));
        }
        self.end = line.last();
        self.clock = line.recorded_at();
        self.commits += 1;
        if self.end == self.about.last_position && line.command_id() != self.about.last_command_id {
            return Err(damaged(&self.manifest, "its last commit is another command's"));
        }
        Ok(line)
    }

    fn finish(&self) -> Result<(), ArchiveError> {
        let about = &self.about;
        if (self.end, self.commits, self.clock) == (about.last_position, about.commits, about.last_recorded_at) {
            return Ok(());
        }
        let what = format!("it ends at {} after {} commits, at {}", self.end, self.commits, self.clock);
        Err(damaged(&self.manifest, what))
    }

    fn wrong(&self, position: i64, error: LineError) -> ArchiveError {
        let cause = std::error::Error::source(&error).map(|c| format!(": {c}")).unwrap_or_default();
        damaged(&self.manifest, format!("the line of position {position}: {error}{cause}"))
    }
}

fn damaged(manifest: &Manifest, what: impl Into<String>) -> ArchiveError {
    ArchiveError::Damaged { number: manifest.number, path: manifest.file.path.clone(), what: what.into() }
}

/// The archive of one log, for rebuilds to read.
#[derive(Clone, Debug)]
pub struct ArchiveRanges {
    chain: Arc<Chain>,
}

impl ArchiveRanges {
    /// Those of this chain.
    pub fn new(chain: Arc<Chain>) -> Self {
        Self { chain }
    }

    /// The last position that is archived: always the end of a commit.
    pub fn end(&self) -> Position {
        Position::new(self.chain.end())
    }

    /// The chain.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// The end of the last commit at or before a position. Inside a segment only its lines show it.
    async fn last_end(&self, to: i64) -> Result<i64, ReadError> {
        if to >= self.chain.end() {
            return Ok(self.chain.end());
        }
        let ends = self.chain.segments().map(|(_, events)| events.last_position);
        let before = ends.take_while(|end| *end <= to).last().unwrap_or(0);
        if before == to {
            return Ok(to);
        }
        let within = self.chain.segments().find(|(_, e)| e.first_position <= to && to < e.last_position);
        let Some((_, events)) = within else { return Ok(before) };
        let mut found = before;
        let mut all = stream(self.chain.clone(), before, events.last_position, |line| Ok(line.last()));
        while let Some(batch) = all.recv().await {
            let batch = batch.map_err(read_error)?;
            found = batch.iter().copied().take_while(|end| *end <= to).last().unwrap_or(found);
            if batch.last().is_some_and(|end| *end > to) {
                break;
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl CommitRanges for ArchiveRanges {
    /// Cut where segments end: each file is read once.
    async fn plan(&self, after: Position, to: Position, parts: usize) -> Result<Vec<PositionRange>, ReadError> {
        let (after, to) = (after.number(), self.last_end(to.number()).await?);
        let share = (to - after).max(0) / i64::try_from(parts.max(1)).unwrap_or(i64::MAX);
        let ends =
            self.chain.segments().map(|(_, events)| events.last_position).filter(|end| (after..to).contains(end));
        let (mut runs, mut begin) = (Vec::new(), after);
        for end in ends.collect::<Vec<_>>() {
            if end - begin >= share.max(1) && runs.len() + 1 < parts {
                runs.push(run(begin, end));
                begin = end;
            }
        }
        if to > begin {
            runs.push(run(begin, to));
        }
        Ok(runs)
    }

    async fn read(&self, range: PositionRange) -> Result<Box<dyn RangeReader>, ReadError> {
        let (after, to) = (range.after.number(), range.to.number());
        if to > self.chain.end() {
            let what = format!("the archive ends at {}, before {to}", self.chain.end());
            return Err(ReadError::Archive(what.into()));
        }
        let batches = stream(self.chain.clone(), after, to, |line| line.into_recorded());
        Ok(Box::new(Run { batches, end: after, to }))
    }
}

fn run(after: i64, to: i64) -> PositionRange {
    PositionRange { after: Position::new(after), to: Position::new(to) }
}

/// A run that is being read.
struct Run {
    batches: Batches<::log::Commit>,
    end: i64,
    to: i64,
}

#[async_trait]
impl RangeReader for Run {
    async fn next(&mut self) -> Result<Option<Vec<::log::Commit>>, ReadError> {
        match self.batches.recv().await {
            Some(Ok(commits)) => {
                self.end = commits.last().map_or(self.end, |commit| commit.last().number());
                Ok(Some(commits))
            }
            Some(Err(error)) => Err(read_error(error)),
            None if self.end == self.to => Ok(None),
            None => {
                let what = format!("the archive gave commits up to {}, not {}", self.end, self.to);
                Err(ReadError::Archive(what.into()))
            }
        }
    }
}

pub(crate) fn read_error(error: ArchiveError) -> ReadError {
    match error {
        ArchiveError::Store { .. } | ArchiveError::Unset | ArchiveError::Place(_) => {
            ReadError::Unavailable(Box::new(error))
        }
        other => ReadError::Archive(other.into()),
    }
}
