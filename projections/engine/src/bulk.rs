//! How a view is filled from the beginning: ranges of the log at once, into tables without indexes.

use async_trait::async_trait;
use kernel::Position;
use sqlx::PgConnection;

use crate::{Commit, Fault, WriteError};

/// A rule beside the fold that gives the same tables from a log that is read in ranges, several of them at once.
///
/// Each range is loaded by a loader of its own, in one transaction, into tables that have no indexes yet; what ranges
/// cannot know alone, such as which of them has the last word on a key, they write into staging tables, and the merge
/// settles it in the end.
pub trait Bulk<E: Send + Sync + 'static>: Send + Sync {
    /// The position after which the ranges begin: all before it is known to the loaders from elsewhere.
    fn begins_after(&self) -> Position {
        Position::ZERO
    }

    /// The DDL of the staging tables, with unqualified names.
    fn staging(&self) -> &'static str {
        ""
    }

    /// Statements, run once in order after the last range and in one transaction, that complete the tables from the
    /// staging tables and drop these.
    fn merge(&self) -> &'static [&'static str] {
        &[]
    }

    /// A loader for one range.
    fn loader(&self) -> Box<dyn Loader<E>>;
}

/// Loads one range.
#[async_trait]
pub trait Loader<E: Send + Sync + 'static>: Send {
    /// Takes the next commits of the range. An event that the view said it does not use has no body.
    fn add(&mut self, commits: &[Commit<E>]) -> Result<(), Fault>;

    /// About how many bytes it holds. When there are many it is asked to write them.
    fn held(&self) -> usize;

    /// Writes what it holds, and forgets what it does not need for the rest of the range.
    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError>;
}
