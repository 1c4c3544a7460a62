//! Reading.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{CommandId, CommitRef, LogId, Position, StreamId, Version};

use crate::{Commit, Event, FromVersion, ReadError, Snapshot, Wanted};

/// Where a stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStanding {
    /// What it is the history of. None if only its events say.
    pub kind: Option<String>,
    /// How many events it has.
    pub version: Version,
    /// Where the commit begins that holds the newest of them.
    pub newest: Position,
    /// Whether the log keeps a row for it. Without one it has the id of the command that opened it, and one event.
    pub has_row: bool,
}

/// What was read of a stream.
#[derive(Clone, Debug, Default)]
pub struct StreamRead {
    /// Where it stands; none if there is no such stream, or if the store does not keep it.
    pub standing: Option<StreamStanding>,
    /// The state that was used, if one was wanted and is there.
    pub state: Option<Snapshot>,
    /// The events after the state, or after the version that was asked for, oldest first.
    pub events: Vec<Event>,
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
    /// The clock of the log: a commit that is written now is recorded at this time or a little later.
    pub now: DateTime<Utc>,
    /// The last commit; none in an empty log.
    pub commit: Option<CommitRef>,
}

/// A log that goes on under a new id, after it was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The id it had.
    pub old: LogId,
    /// The id it has since.
    pub new: LogId,
    /// Its last commit at that moment; none if it was empty. Later commits of the old id are not of this log.
    pub commit: Option<CommitRef>,
}

/// Reads the end of the log, and which commits it holds.
#[async_trait]
pub trait ReadHead: Send + Sync {
    /// The end of the log now.
    async fn head(&self) -> Result<Head, ReadError>;

    /// For each position, in the same order: the commit that ends there, if one does. One round trip for all.
    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, ReadError>;

    /// The alarm that stops all appends, if one does.
    async fn stopped_by(&self) -> Result<Option<i64>, ReadError> {
        Ok(None)
    }

    /// When a restored log was given a new id, oldest first.
    async fn adoptions(&self) -> Result<Vec<Adoption>, ReadError> {
        Ok(Vec::new())
    }
}

/// Reads streams and what commands wrote: what deciding needs.
#[async_trait]
pub trait ReadStreams: Send + Sync {
    /// For each asked stream, in the same order: where it stands, the state used, if any, and the events after it, oldest first.
    /// One round trip for all of them.
    async fn read_streams(&self, streams: &[(StreamId, FromVersion)]) -> Result<Vec<StreamRead>, ReadError>;

    /// One event, if the stream has that version.
    async fn read_event(&self, stream: StreamId, version: Version) -> Result<Option<Event>, ReadError>;

    /// The commits that these commands wrote; a command that wrote nothing is not in the answer.
    async fn find_commits(&self, commands: &[CommandId]) -> Result<Vec<Commit>, ReadError>;

    /// Fetches what [`ReadError::NotFetched`] names, so that it can be read for a while. It may take long.
    async fn fetch(&self, wanted: Wanted) -> Result<(), ReadError> {
        match wanted {
            Wanted::Command(command) => self.find_commits(&[command]).await.map(drop),
            Wanted::Stream(stream, from) => self.read_streams(&[(stream, from)]).await.map(drop),
        }
    }
}

/// Reads the log in order: what relay, views and auditors need.
#[async_trait]
pub trait ReadCommits: ReadHead {
    /// Whole commits after a position, oldest first: as many as hold at most `max_events` events, but always one if
    /// there is one. `after` must be the last position of a commit, or 0.
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError>;

    /// Whole commits after the one the reader stands on, as [`ReadCommits::read_commits`]; `None` is the beginning of the
    /// log. So that two histories are never mixed it is [`ReadError::OtherHistory`] if the log does not hold that commit,
    /// and [`ReadError::Renamed`] if the log has another id than the reader knows it by.
    async fn read_following(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<Commit>, ReadError> {
        let found = self.head().await?.log;
        if found != log {
            return Err(ReadError::Renamed { expected: log, found });
        }
        if let Some(expected) = commit {
            let found = self.commit_refs(&[expected.position]).await?.into_iter().next().flatten();
            if found != Some(expected) {
                return Err(ReadError::OtherHistory { expected, found });
            }
        }
        self.read_commits(commit.map_or(Position::ZERO, |commit| commit.position), max_events).await
    }

    /// When the first commit after a position was recorded, if there is one: how far behind a reader there is.
    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError>;

    /// The last position of the commits that have left the store for the archive: they are not missing. Zero if none have.
    async fn detached(&self) -> Result<Position, ReadError> {
        Ok(Position::ZERO)
    }
}
