//! Writing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CommitRef, CorrelationId, LogId, MemberId, Position, StreamId, Version};

use crate::{AppendError, Fingerprint};

/// An event to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The stream it goes to.
    pub stream: StreamId,
    /// The version it takes: the optimistic lock. One more than the version that was decided upon.
    pub version: Version,
    /// Which event it is.
    pub event_type: &'static str,
    /// The version of the payload's shape, from 1.
    pub schema_version: i16,
    /// The payload, a JSON object.
    pub payload: String,
    /// What the stream is the history of: part of the lock. A stream is never continued as one of another kind.
    pub kind: &'static str,
    /// Whether an event of this type has version 1 always.
    pub opens_stream: bool,
    /// The member that the stream, an account, was opened for; told by its first event alone.
    pub owner: Option<MemberId>,
}

impl NewEvent {
    /// Whether it opens the stream that has the id of its command. Such a stream is found by the command; the log may keep no other
    /// record of where it stands until its second event.
    pub fn opens_stream_of(&self, command: CommandId) -> bool {
        self.version == Version::ZERO.next() && self.stream == StreamId::from(command)
    }
}

/// What one command is to write.
#[derive(Clone, Debug)]
pub struct NewCommit {
    /// Unique for ever: a second append of it conflicts.
    pub command_id: CommandId,
    /// What the client asked for.
    pub fingerprint: Fingerprint,
    /// Who asked.
    pub actor: Actor,
    /// Follows the request through every process.
    pub correlation: CorrelationId,
    /// At least one event.
    pub events: Vec<NewEvent>,
}

/// Where an append went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The log written to.
    pub log: LogId,
    /// The position of the first event; the others follow in order, without a gap.
    pub first: Position,
    /// The log's time of all these commits.
    pub recorded_at: DateTime<Utc>,
}

/// A stream's state at a version, kept so that loading does not grow with the stream's length.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamId,
    /// The version the state includes.
    pub version: Version,
    /// The shape and logic of the state; a snapshot of another is ignored.
    pub state_schema: i32,
    /// The state, a JSON object.
    pub state: String,
}

/// What the writer knows of a stream that it adds to.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldStream {
    /// The stream.
    pub stream: StreamId,
    /// Where the commit begins that holds its newest event; 0 for a stream that is opened now.
    pub newest: Position,
    /// Whether the log keeps a row for it, as [`StreamStanding`](crate::StreamStanding) says.
    pub has_row: bool,
    /// Its state after the append, if it is to be kept.
    pub state: Option<Snapshot>,
}

/// Appends commits.
#[async_trait]
pub trait Append: Send + Sync {
    /// Writes all the commits, in this order, or none of them. When it answers `Ok` they are durable.
    ///
    /// An empty list is refused with [`AppendError::Refused`].
    async fn append(&self, commits: &[NewCommit]) -> Result<Appended, AppendError>;

    /// The same, if the log still has this id and holds this commit: what the caller decided upon. Else, and then nothing is
    /// written, [`AppendError::OtherHistory`]: the log was restored, or given a new id.
    ///
    /// `held`: what is known of the streams that are added to. What is missing there is looked up first.
    async fn append_after(
        &self,
        known: Option<(LogId, CommitRef)>,
        commits: &[NewCommit],
        held: &[HeldStream],
    ) -> Result<Appended, AppendError> {
        let _ = (known, held);
        self.append(commits).await
    }
}
