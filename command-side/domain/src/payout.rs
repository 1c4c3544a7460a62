//! The payout run: one account pays many, row by row.
//!
//! The rows stand in chunks on streams of their own. The run knows how many rows each chunk has and how many rows are paid, so it knows which
//! row is next without holding any.

use std::sync::Arc;

use events::recorded::{
    self, PayoutChunkAdded, PayoutResult, PayoutRow, PayoutRowsPaid, PayoutRunCancelled, PayoutRunEvent,
    PayoutRunOpened, PayoutRunPaused, PayoutRunResumed, PayoutRunStarted,
};
use kernel::{AssetCode, Minor, TransferId, Version};
use serde::{Deserialize, Serialize};

use crate::{Account, EvolveError, Refusal, Status};

/// A run has at most so many rows.
pub const MOST_ROWS: u32 = 1_000_000;
/// A run has at most so many chunks: whoever adds a million rows one by one is stopped.
pub const MOST_CHUNKS: usize = 10_000;
/// A chunk has at most so many rows.
pub const CHUNK_ROWS: usize = 1_000;

/// What has become of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    /// Rows can be added.
    Open,
    /// Its rows are paid, one after the other.
    Running,
    /// Nothing is paid until it is resumed.
    Paused,
    /// Each row was posted or refused.
    Finished,
    /// It was cancelled.
    Cancelled,
}

impl PayoutStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing follows any more.
    pub fn is_over(self) -> bool {
        match self {
            Self::Open | Self::Running | Self::Paused => false,
            Self::Finished | Self::Cancelled => true,
        }
    }
}

/// How far a run is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutProgress {
    /// How many rows were posted.
    pub posted: u32,
    /// How many rows were refused.
    pub refused: u32,
    /// What the posted rows come to, in minor units.
    pub paid: Minor,
}

impl PayoutProgress {
    /// How many rows are done: the rows are paid in order, so it also says which row is next.
    pub fn done(self) -> u32 {
        self.posted.saturating_add(self.refused)
    }
}

/// A payout run as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutRun {
    /// How it began, which never changes.
    pub opened: PayoutRunOpened,
    /// What has become of it.
    pub status: PayoutStatus,
    /// How many rows it has.
    pub rows: u32,
    /// What they come to, in minor units.
    pub total: Minor,
    /// How far it is paid.
    pub progress: PayoutProgress,
    /// For each chunk, how many rows the run has up to its end. Shared: it does not change while rows are paid.
    chunks: Arc<Vec<u32>>,
    /// The number of its last row; 0 if it has none.
    last_row: u32,
    /// The version of its stream.
    version: Version,
    /// How far it was paid when it was paused, resumed or cancelled. Those events do not say so, and an answer is given again.
    changes: Vec<(Version, PayoutProgress)>,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// The number of its chunk; the first is 1.
    pub chunk: u32,
    /// How many rows of the chunk stand before it.
    pub index: usize,
}

/// Rows that are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChunk {
    /// What happens to the run.
    pub added: PayoutChunkAdded,
    /// The rows.
    pub rows: Vec<PayoutRow>,
}

/// Whether an account can pay a run; gives its asset. Funds, limits and freezes are looked at when a row is paid.
pub fn open(source: Option<&Account>) -> Result<AssetCode, Refusal> {
    let source = source.filter(|account| account.owner().is_some()).ok_or(Refusal::AccountUnknown)?;
    match source.status {
        Status::Closed => Err(Refusal::AccountClosed),
        Status::Open | Status::Frozen => Ok(source.asset),
    }
}

/// Where a row stands, by how many rows stand before it and how many the run has up to the end of each chunk. None after the last row.
pub fn place_of(chunks: &[u32], before: u32) -> Option<RowPlace> {
    let number = chunks.partition_point(|end| *end <= before);
    if number == chunks.len() {
        return None;
    }
    let start = number.checked_sub(1).map_or(0, |previous| chunks[previous]);
    let index = usize::try_from(before.checked_sub(start)?).ok()?;
    Some(RowPlace { chunk: u32::try_from(number).ok()?.checked_add(1)?, index })
}

impl PayoutRun {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &PayoutRunEvent) -> Result<Self, EvolveError> {
        let mut run = match (state, event) {
            (None, PayoutRunEvent::Opened(opened)) => return Ok(Self::begin(opened)),
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), PayoutRunEvent::Opened(_)) => return Err(EvolveError::OpenedTwice),
            (Some(run), _) if run.status.is_over() => return Err(EvolveError::AfterTheLast),
            (Some(run), _) if !run.fits(event) => return Err(EvolveError::OutOfOrder),
            (Some(run), _) => run,
        };
        let version = run.version.next();
        match event {
            PayoutRunEvent::ChunkAdded(added) => {
                Arc::make_mut(&mut run.chunks).push(added.rows);
                run.last_row = added.last_row;
            }
            PayoutRunEvent::Paused(_) | PayoutRunEvent::Resumed(_) | PayoutRunEvent::Cancelled(_) => {
                run.changes.push((version, run.progress));
            }
            PayoutRunEvent::Opened(_) | PayoutRunEvent::Started(_) | PayoutRunEvent::RowsPaid(_) => {}
        }
        Ok(Self { version, ..run.at(event, version) })
    }

    fn begin(opened: &PayoutRunOpened) -> Self {
        Self {
            opened: opened.clone(),
            status: PayoutStatus::Open,
            rows: 0,
            total: Minor::ZERO,
            progress: PayoutProgress::default(),
            chunks: Arc::default(),
            last_row: 0,
            version: Version::ZERO.next(),
            changes: Vec::new(),
        }
    }

    /// Whether an event can happen to it while it is not over.
    fn fits(&self, event: &PayoutRunEvent) -> bool {
        match event {
            PayoutRunEvent::Opened(_) => false,
            PayoutRunEvent::ChunkAdded(added) => {
                let next = usize::try_from(added.chunk).ok() == self.chunks.len().checked_add(1);
                let is_open = self.status == PayoutStatus::Open;
                is_open && next && added.rows > self.rows && added.last_row > self.last_row
            }
            PayoutRunEvent::Started(_) => self.status == PayoutStatus::Open,
            PayoutRunEvent::RowsPaid(paid) => {
                let done = paid.posted.checked_add(paid.refused);
                let results = u32::try_from(paid.results.len()).ok().filter(|results| *results > 0);
                let expected = results.and_then(|results| self.progress.done().checked_add(results));
                let follows = done.is_some() && done == expected && done <= Some(self.rows);
                let grows = paid.posted >= self.progress.posted && paid.refused >= self.progress.refused;
                self.status == PayoutStatus::Running && follows && grows
            }
            PayoutRunEvent::Paused(_) => self.status == PayoutStatus::Running,
            PayoutRunEvent::Resumed(_) => self.status == PayoutStatus::Paused,
            PayoutRunEvent::Cancelled(_) => true,
        }
    }

    /// It as one of its events left it, with the version that the event has. What the event does not say, the run of today knows: an answer is
    /// given again that way.
    pub fn at(self, event: &PayoutRunEvent, version: Version) -> Self {
        let (rows, total) = match event {
            PayoutRunEvent::Opened(_) => (0, Minor::ZERO),
            PayoutRunEvent::ChunkAdded(added) => (added.rows, added.total),
            // No rows are added after it started, or was cancelled.
            _ => (self.rows, self.total),
        };
        let progress = match event {
            PayoutRunEvent::Opened(_) | PayoutRunEvent::ChunkAdded(_) | PayoutRunEvent::Started(_) => {
                PayoutProgress::default()
            }
            PayoutRunEvent::RowsPaid(PayoutRowsPaid { posted, refused, paid, .. }) => {
                PayoutProgress { posted: *posted, refused: *refused, paid: *paid }
            }
            PayoutRunEvent::Paused(_) | PayoutRunEvent::Resumed(_) | PayoutRunEvent::Cancelled(_) => {
                let then = self.changes.iter().find(|(change, _)| *change == version);
                then.map_or(self.progress, |(_, progress)| *progress)
            }
        };
        let status = match event {
            PayoutRunEvent::Opened(_) | PayoutRunEvent::ChunkAdded(_) => PayoutStatus::Open,
            PayoutRunEvent::RowsPaid(_) if progress.done() >= rows => PayoutStatus::Finished,
            PayoutRunEvent::Started(_) | PayoutRunEvent::Resumed(_) | PayoutRunEvent::RowsPaid(_) => {
                PayoutStatus::Running
            }
            PayoutRunEvent::Paused(_) => PayoutStatus::Paused,
            PayoutRunEvent::Cancelled(_) => PayoutStatus::Cancelled,
        };
        Self { status, rows, total, progress, ..self }
    }

    /// Where the row stands that is paid next; none if nothing is paid now.
    pub fn next_row(&self) -> Option<RowPlace> {
        match self.status {
            PayoutStatus::Running => place_of(&self.chunks, self.progress.done()),
            _ => None,
        }
    }

    /// Whether rows may be added, in this order, and the chunks that they become.
    pub fn add(&self, rows: &[PayoutRow]) -> Result<Vec<NewChunk>, Refusal> {
        self.still_open()?;
        let chunks = rows.chunks(CHUNK_ROWS);
        if self.chunks.len().saturating_add(chunks.len()) > MOST_CHUNKS {
            return Err(Refusal::PayoutFull);
        }
        let (mut last_row, mut count, mut total) = (self.last_row, self.rows, self.total);
        let mut number = u32::try_from(self.chunks.len()).map_err(|_| Refusal::PayoutFull)?;
        let mut added = Vec::with_capacity(chunks.len());
        for rows in chunks {
            for row in rows {
                if !row.amount.is_positive() {
                    return Err(Refusal::AmountNotPositive);
                }
                if row.row <= last_row {
                    return Err(Refusal::PayoutRowOutOfOrder);
                }
                last_row = row.row;
                count = count.checked_add(1).filter(|count| *count <= MOST_ROWS).ok_or(Refusal::PayoutFull)?;
                total = total.plus(row.amount).map_err(|_| Refusal::AmountOverflow)?;
            }
            number = number.saturating_add(1);
            let chunk = PayoutChunkAdded { chunk: number, last_row, rows: count, total };
            added.push(NewChunk { added: chunk, rows: rows.to_vec() });
        }
        Ok(added)
    }

    /// Whether it may start, and what then happens. Whoever starts it says how many rows it has, and what they come to.
    pub fn start(&self, expected_rows: u32, expected_total: Minor) -> Result<PayoutRunStarted, Refusal> {
        self.still_open()?;
        let (rows, total) = (self.rows, self.total);
        match rows > 0 && (rows, total) == (expected_rows, expected_total) {
            true => Ok(PayoutRunStarted {}),
            false => Err(Refusal::ControlTotalMismatch { rows, total }),
        }
    }

    fn still_open(&self) -> Result<(), Refusal> {
        match self.status {
            PayoutStatus::Open => Ok(()),
            _ => Err(Refusal::PayoutNotOpen),
        }
    }

    /// What these rows leave of it: the next ones, each with its transfer and why it was refused, if it was.
    pub fn rows_paid<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a PayoutRow, (TransferId, Option<recorded::Refusal>))>,
    ) -> PayoutRowsPaid {
        let PayoutProgress { mut posted, mut refused, mut paid } = self.progress;
        let mut results = Vec::new();
        for (row, (transfer, refusal)) in rows {
            match &refusal {
                Some(_) => refused = refused.saturating_add(1),
                None => {
                    posted = posted.saturating_add(1);
                    // All rows together come to an amount.
                    paid = paid.plus(row.amount).unwrap_or(paid);
                }
            }
            results.push(PayoutResult { row: row.row, transfer, refusal });
        }
        let finished = PayoutProgress { posted, refused, paid }.done() >= self.rows;
        PayoutRowsPaid { results, posted, refused, paid, finished }
    }

    /// Whether it may be paused, and what then happens.
    pub fn pause(&self) -> Result<PayoutRunPaused, Refusal> {
        match self.status {
            PayoutStatus::Running => Ok(PayoutRunPaused {}),
            _ => Err(Refusal::PayoutNotRunning),
        }
    }

    /// Whether it may go on, and what then happens.
    pub fn resume(&self) -> Result<PayoutRunResumed, Refusal> {
        match self.status {
            PayoutStatus::Paused => Ok(PayoutRunResumed {}),
            _ => Err(Refusal::PayoutNotPaused),
        }
    }

    /// Whether it may be cancelled, and what then happens.
    pub fn cancel(&self) -> Result<PayoutRunCancelled, Refusal> {
        match self.status.is_over() {
            true => Err(Refusal::PayoutOver),
            false => Ok(PayoutRunCancelled {}),
        }
    }
}
