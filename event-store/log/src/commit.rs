//! What the log holds.

use std::fmt;

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CommitRef, CorrelationId, Position, StreamId, Version};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Sixteen bytes of SHA-256 over what the client asked for: the same command id with another fingerprint is
/// another request under a used key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// What one command wrote: at least one event, over one or more streams, all or nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Commit {
    /// The position of the first event; the others follow without a gap.
    pub first: Position,
    /// The command that wrote it.
    pub command_id: CommandId,
    /// What the client asked for.
    pub fingerprint: Fingerprint,
    /// Who asked.
    pub actor: Actor,
    /// Follows the request through every process.
    pub correlation: CorrelationId,
    /// The log's own time: never earlier than that of an earlier commit.
    pub recorded_at: DateTime<Utc>,
    /// The events, in the order of their positions.
    pub events: Vec<Event>,
}

impl Commit {
    /// The position of the last event.
    pub fn last(&self) -> Position {
        self.first.plus(self.events.len() as i64 - 1)
    }

    /// Its name: what a reader that has seen it stands on.
    pub fn reference(&self) -> CommitRef {
        CommitRef { position: self.last(), command_id: self.command_id, recorded_at: self.recorded_at }
    }

    /// The events, each with its position.
    pub fn positioned(&self) -> impl Iterator<Item = (Position, &Event)> {
        self.events.iter().enumerate().map(|(i, event)| (self.first.plus(i as i64), event))
    }
}

/// One event as it was recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// Which event it is.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of the payload's shape, from 1.
    pub schema_version: i16,
    /// The payload, a JSON object; left as text until someone needs it.
    pub payload: Box<RawValue>,
}
