//! Commits as the tables hold them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A commit with its events: all that its rows hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The position of the first event.
    pub first: i64,
    /// The log's time of it.
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    /// The letter of the role, as it is recorded.
    pub actor_role: String,
    pub actor_id: Uuid,
    pub correlation: Uuid,
    pub fingerprint: Vec<u8>,
    /// At least one, in the order of their positions.
    pub events: Vec<Event>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub stream_id: Uuid,
    pub version: i64,
    pub event_type: String,
    pub schema_version: i16,
    pub payload: String,
}

impl Commit {
    /// The position of the last event.
    pub fn last(&self) -> i64 {
        self.first + self.events.len() as i64 - 1
    }
}
