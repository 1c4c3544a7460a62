//! Reading.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{CommandId, LogId, Position, StreamId, Version};

use crate::{Commit, Event, ReadError, Snapshot};

/// Where a stream is to be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromVersion {
    /// From the newest snapshot of this state schema, or from the beginning.
    Snapshot {
        /// The state schema the reader understands.
        state_schema: i32,
    },
    /// The events after this version only.
    After(Version),
}

/// The end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The log.
    pub log: LogId,
    /// The position of the last event; 0 for an empty log.
    pub position: Position,
    /// The time of the last commit.
    pub recorded_at: DateTime<Utc>,
}

/// Reads the end of the log.
#[async_trait]
pub trait ReadHead: Send + Sync {
    /// The end of the log now.
    async fn head(&self) -> Result<Head, ReadError>;
}

/// Reads streams and what commands wrote: what deciding needs.
#[async_trait]
pub trait ReadStreams: Send + Sync {
    /// For each asked stream, in the same order: the snapshot used, if any, and the events after it, oldest first.
    /// One round trip for all of them.
    async fn read_streams(
        &self,
        streams: &[(StreamId, FromVersion)],
    ) -> Result<Vec<(Option<Snapshot>, Vec<Event>)>, ReadError>;

    /// One event, if the stream has that version.
    async fn read_event(&self, stream: StreamId, version: Version) -> Result<Option<Event>, ReadError>;

    /// The commits that these commands wrote; a command that wrote nothing is not in the answer.
    async fn find_commits(&self, commands: &[CommandId]) -> Result<Vec<Commit>, ReadError>;
}

/// Reads the log in order: what relay, views and auditors need.
#[async_trait]
pub trait ReadCommits: ReadHead {
    /// Whole commits after a position, oldest first: as many as hold at most `max_events` events, but always one if
    /// there is one. `after` must be the last position of a commit, or 0.
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError>;

    /// When the first commit after a position was recorded, if there is one: how far behind a reader there is.
    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError>;
}
