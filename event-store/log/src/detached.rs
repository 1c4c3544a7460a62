//! Reading what has left the store: old commits stand in an archive only, and a reader of the store goes on there.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use kernel::{LogId, Position, StreamId};

use crate::{Commit, CommitRanges, ReadError};

/// A commit that was read from the archive.
#[derive(Clone, Debug)]
pub struct DetachedCommit {
    /// The commit.
    pub commit: Commit,
    /// For each event where the commit begins that holds the version before it; zero if that stands in this commit, or if there
    /// is none.
    pub previous: Vec<Position>,
}

/// A commit as it stands in the archive.
#[derive(Clone, Debug)]
pub struct ArchivedCommit {
    /// The commit.
    pub commit: Commit,
    /// For each event where the version before stands, as the store had recorded it; none in an archive of an earlier build.
    pub previous: Option<Vec<i64>>,
}

/// Reads commits that are in the archive of a log and not in its store any more. Memory and time of each call are bounded: it
/// holds a part of the archive at a time, and few commits after that.
#[async_trait]
pub trait DetachedCommits: fmt::Debug + Send + Sync {
    /// A commit that begins there, if it was read a short while ago. It asks nobody.
    fn kept(&self, log: LogId, first: Position) -> Option<Arc<DetachedCommit>>;

    /// The commits that hold these positions, in the same order; [`ReadError::Archive`] if the archive lacks one. While it looks
    /// for them it keeps what else it meets of these streams, because that is asked for next.
    async fn holding(
        &self,
        log: LogId,
        positions: &[Position],
        streams: &[StreamId],
    ) -> Result<Vec<Arc<DetachedCommit>>, ReadError>;

    /// Whole commits after a position, which is the end of a commit or 0, up to the one that ends at `until`: some of
    /// them, of about `max_events` events, but at least one.
    async fn following(
        &self,
        log: LogId,
        after: Position,
        until: Position,
        max_events: i64,
    ) -> Result<Vec<ArchivedCommit>, ReadError>;

    /// The archive of the log, to be read in ranges.
    async fn ranges(&self, log: LogId) -> Result<Arc<dyn CommitRanges>, ReadError>;
}
