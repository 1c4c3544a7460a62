//! A piece of the log as it was read: commits and events apart, to be put together by `assemble`.

use chrono::{DateTime, Utc};
use events::recorded::{DecodeError, Event, EventType};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A row of `commits`.
#[derive(Clone, Debug)]
pub struct CommitRow {
    pub first: i64,
    pub last: i64,
    /// The command that wrote it.
    pub command: Uuid,
    pub recorded_at: DateTime<Utc>,
    /// The member or partner who asked for it, if it was one.
    pub member: Option<Uuid>,
    /// The service or partner that asked for it, if it was one.
    pub service: Option<Uuid>,
    /// The partner that asked for it, if it was one.
    pub partner: Option<Uuid>,
    /// The operator who asked for it, if it was one.
    pub operator: Option<Uuid>,
}

/// A row of `events`, decoded if it can be.
#[derive(Debug)]
pub struct EventRow {
    pub position: i64,
    pub stream: Uuid,
    pub version: i64,
    /// The type of an event that cannot be read, if its name is known.
    pub event_type: Option<EventType>,
    pub event: Result<Event, DecodeError>,
}

/// A run of events, and the commits that begin no later than its end.
#[derive(Debug, Default)]
pub struct Piece {
    pub events: Vec<EventRow>,
    pub commits: Vec<CommitRow>,
}

/// An event from its columns.
pub fn decode(event_type: &str, schema_version: i16, payload: &str) -> Result<Event, DecodeError> {
    let raw: &RawValue = serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        event_type: event_type.to_owned(),
        schema_version,
        source,
    })?;
    Event::decode(event_type, schema_version, raw)
}

/// The type of this name.
pub fn type_named(name: &str) -> Option<EventType> {
    Event::TYPES.iter().find(|known| known.name == name).copied()
}
