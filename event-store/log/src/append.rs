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

/// From when on, and until when, a decision is right by the clock of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Not before this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub before: Option<DateTime<Utc>>,
}

impl Within {
    /// Whether it is right at any time.
    pub fn is_any(&self) -> bool {
        self.from.is_none() && self.before.is_none()
    }

    /// Whether it is right at this time.
    pub fn holds(&self, time: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| time >= from) && self.before.is_none_or(|before| time < before)
    }
}

/// What an append rests on. If the log is otherwise, nothing is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Basis {
    /// The id of the log, and a commit that it holds. Else [`AppendError::OtherHistory`]: it was restored, or given a new id.
    pub known: Option<(LogId, CommitRef)>,
    /// When the commits may be recorded. Else [`AppendError::Conflict`]: what was decided rests on another time.
    pub within: Within,
    /// The term in which the caller decided, see [`Append::term`]. Else [`AppendError::Conflict`]: another server may have written since.
    pub term: Option<i64>,
}

impl Basis {
    /// Nothing is expected of the log.
    pub const NONE: Self = Self { known: None, within: Within { from: None, before: None }, term: None };

    /// The log has this id and holds this commit.
    pub fn on(known: Option<(LogId, CommitRef)>) -> Self {
        Self { known, ..Self::NONE }
    }
}

/// Appends commits.
#[async_trait]
pub trait Append: Send + Sync {
    /// The term in which this server leads, or led last; none where servers do not take turns. What was read of the log in an earlier term may
    /// have been changed by another leader since.
    fn term(&self) -> Option<i64> {
        None
    }

    /// Writes all the commits, in this order, or none of them. When it answers `Ok` they are durable.
    ///
    /// An empty list is refused with [`AppendError::Refused`].
    async fn append(&self, commits: &[NewCommit]) -> Result<Appended, AppendError>;

    /// The same, if the log is as the caller decided upon. Else nothing is written.
    ///
    /// `held`: what is known of the streams that are added to. What is missing there is looked up first.
    async fn append_after(
        &self,
        basis: Basis,
        commits: &[NewCommit],
        held: &[HeldStream],
    ) -> Result<Appended, AppendError> {
        let _ = (basis, held);
        self.append(commits).await
    }
}
