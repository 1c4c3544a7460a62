//! Reading much of the log at once: what a rebuild needs, whether from the database or from an archive.

use async_trait::async_trait;
use kernel::Position;

use crate::{Commit, ReadError};

/// A run of whole commits: from the one after `after` to the one that ends at `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositionRange {
    /// The last position of the commit before the run; 0 for the beginning of the log.
    pub after: Position,
    /// The last position of the last commit of the run.
    pub to: Position,
}

impl PositionRange {
    /// How many events it holds.
    pub fn events(self) -> i64 {
        (self.to.number() - self.after.number()).max(0)
    }
}

/// Reads the log in ranges that are independent of one another, so that several can be read at once.
#[async_trait]
pub trait CommitRanges: Send + Sync {
    /// Cuts what lies after `after`, up to the last commit that ends at or before `to`, into at most about `parts` runs
    /// of similar size that follow one another without a gap. `after` must be the end of a commit, or 0. Nothing, if no
    /// commit ends there.
    async fn plan(&self, after: Position, to: Position, parts: usize) -> Result<Vec<PositionRange>, ReadError>;

    /// Begins to read one of the planned runs, or a run of several of them.
    async fn read(&self, range: PositionRange) -> Result<Box<dyn RangeReader>, ReadError>;
}

/// A run that is being read. Dropping it at any moment is fine.
#[async_trait]
pub trait RangeReader: Send {
    /// The next commits, in order and without a gap, a bounded number of them at a time; `None` after the last one.
    ///
    /// That the run is complete, from its first commit to its last, is the reader's promise: where something is missing
    /// it answers [`ReadError::Damaged`].
    async fn next(&mut self) -> Result<Option<Vec<Commit>>, ReadError>;
}
