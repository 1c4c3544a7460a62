//! What an auditor reads beside the commits: the bytes that digests cover, and the rows that say where streams stand.

use async_trait::async_trait;
use kernel::{CommitRef, LogId, MemberId, Position, StreamId};

use crate::{Commit, ReadCommits, ReadError, ReadStreams};

/// A commit as the store keeps it.
#[derive(Clone, Debug)]
pub struct CommitBytes {
    /// What it says.
    pub commit: Commit,
    /// The text of its events, to the byte: what the digest of the commit covers.
    pub events: String,
}

/// Where a stream stands, as the store says beside the commits. An append relies on it, so it has to say what the events say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamRow {
    /// The stream.
    pub stream: StreamId,
    /// What it is the history of.
    pub kind: String,
    /// How many events it has.
    pub version: i64,
    /// Where the commit begins that opened it.
    pub first: i64,
    /// Where the commit begins that holds its newest event.
    pub newest: i64,
    /// The member that it was opened for.
    pub owner: Option<MemberId>,
    /// The version that the state includes.
    pub state_version: Option<i64>,
    /// The shape and logic of the state.
    pub state_schema: Option<i32>,
    /// What the events up to `state_version` add up to: a cache.
    pub state: Option<String>,
}

/// What the store says of a stream that was asked for.
#[derive(Clone, Debug)]
pub struct AskedStream {
    /// The stream.
    pub stream: StreamId,
    /// Its row, if it has one.
    pub row: Option<StreamRow>,
    /// If it has none: where the commit begins of the command that has its id.
    pub command: Option<i64>,
}

/// Which rows are read in a round over all of them.
#[derive(Clone, Copy, Debug)]
pub struct RowsFrom {
    /// The first id.
    pub from: StreamId,
    /// At most so many rows.
    pub limit: i64,
}

/// Rows, and the end of the log at the same moment: each row says what the commits up to there say.
#[derive(Clone, Debug)]
pub struct StreamRows {
    /// The log.
    pub log: LogId,
    /// The end of the log.
    pub position: Position,
    /// The digests of all commits up to there, chained.
    pub digest: Vec<u8>,
    /// Those that were asked for, in no order.
    pub asked: Vec<AskedStream>,
    /// Those of the round, in the order of ids.
    pub page: Vec<StreamRow>,
}

/// Reads what an auditor holds a log against.
#[async_trait]
pub trait ReadAudited: ReadCommits + ReadStreams {
    /// As [`ReadCommits::read_following`], with the bytes.
    async fn follow_bytes(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<CommitBytes>, ReadError>;

    /// As [`ReadCommits::read_commits`], with the bytes.
    async fn read_bytes(&self, after: Position, max_events: i64) -> Result<Vec<CommitBytes>, ReadError>;

    /// Where these streams stand, and those of a page, all at one moment.
    async fn stream_rows(&self, asked: &[StreamId], page: Option<RowsFrom>) -> Result<StreamRows, ReadError>;
}
