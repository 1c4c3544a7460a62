//! Reading for people who look at the log: by position, newest first, and one stream.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::{CommandId, CorrelationId, Position, StreamId, Version};

use crate::{Commit, Picked, ReadError, ReadStreams};

/// How long a stream is, and what it is the history of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamLength {
    /// What it is the history of. None if only its events say.
    pub kind: Option<String>,
    /// How many events it has; at least one.
    pub version: Version,
}

/// Reads the log for people. No call goes through the whole log.
#[async_trait]
pub trait BrowseLog: ReadStreams {
    /// The last commits that begin before a position, newest first: `limit` at most. Of what has left the store it may be fewer,
    /// but one if there is one.
    async fn commits_before(&self, before: Position, limit: i64) -> Result<Vec<Commit>, ReadError>;

    /// The commit that holds a position; none if the log has not reached it.
    async fn commit_holding(&self, position: Position) -> Result<Option<Commit>, ReadError>;

    /// The commits under a correlation id that have not left the store, newest first: `limit` at most.
    async fn commits_correlated(&self, correlation: CorrelationId, limit: i64) -> Result<Vec<Commit>, ReadError>;

    /// The commands that wrote the events at these positions; a position that the log has not reached is not in the answer.
    async fn commands_at(&self, positions: &[Position]) -> Result<HashMap<Position, CommandId>, ReadError>;

    /// How long a stream is; none if there is no such stream.
    async fn stream_length(&self, stream: StreamId) -> Result<Option<StreamLength>, ReadError>;

    /// The events of a stream after a version, oldest first. It costs as much as there are events after it.
    async fn stream_after(&self, stream: StreamId, version: Version) -> Result<Vec<Picked>, ReadError>;
}
