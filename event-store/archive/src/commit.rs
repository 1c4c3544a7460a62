//! Commits as the tables hold them and as the archive gives them back.

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
    /// Where the version before stands, as it is recorded (docs/decisions/0041); none where that is not recorded: in the format
    /// of the log before, and in archives of earlier builds.
    pub previous: Option<i64>,
    pub event_type: String,
    pub schema_version: i16,
    pub payload: String,
}

impl Commit {
    /// The position of the last event.
    pub fn last(&self) -> i64 {
        self.first + self.events.len() as i64 - 1
    }

    /// Whether it is the same commit. Where the version before an event stands may be told in two ways, or not at all.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |first: i64, previous: i64| if previous < 0 { first + previous } else { previous };
        let same = |(one, two): (&Event, &Event)| {
            let previous = one.previous.zip(two.previous);
            previous.is_none_or(|(one, two)| place(self.first, one) == place(other.first, two))
                && (one.stream_id, one.version, &one.event_type, one.schema_version, &one.payload)
                    == (two.stream_id, two.version, &two.event_type, two.schema_version, &two.payload)
        };
        (self.first, self.recorded_at, self.command_id, &self.actor_role, self.actor_id)
            == (other.first, other.recorded_at, other.command_id, &other.actor_role, other.actor_id)
            && (self.correlation, &self.fingerprint) == (other.correlation, &other.fingerprint)
            && self.events.len() == other.events.len()
            && self.events.iter().zip(&other.events).all(same)
    }
}
