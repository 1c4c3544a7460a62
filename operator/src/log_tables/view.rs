//! Commits as they are shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// A commit with its events.
#[derive(Debug, Serialize)]
pub struct CommitView {
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    pub actor: String,
    pub correlation: Uuid,
    pub fingerprint: String,
    pub events: Vec<EventView>,
}

/// An event.
#[derive(Debug, Serialize)]
pub struct EventView {
    pub position: i64,
    pub stream_id: Uuid,
    pub version: i64,
    #[serde(rename = "type")]
    pub event_type: String,
    pub schema_version: i16,
    pub payload: Box<RawValue>,
}
