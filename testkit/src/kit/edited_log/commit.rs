//! What an edited log is made of.

#![allow(missing_docs, reason = "the columns of the log")]

use chrono::{DateTime, Utc};
use kernel::{Ids, RandomIds};
use serde_json::Value;
use uuid::Uuid;

/// An event of an edited log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedEvent {
    pub position: i64,
    pub stream: Uuid,
    pub version: i64,
    pub event_type: String,
    pub schema_version: i16,
    /// The very bytes.
    pub payload: String,
}

impl EditedEvent {
    /// One that is to be appended: it gets its position then.
    pub fn new(stream: Uuid, version: i64, event_type: &str, payload: impl Into<String>) -> Self {
        let (event_type, payload) = (event_type.to_owned(), payload.into());
        Self { position: 0, stream, version, event_type, schema_version: 1, payload }
    }

    /// The payload, parsed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.payload).expect("the payload of an event is JSON")
    }

    /// Sets a field of the payload.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        let mut payload = self.json();
        payload[field] = value.into();
        self.payload = payload.to_string();
    }

    /// Makes it one of another type.
    pub fn become_a(&mut self, event_type: &str, payload: &str) {
        self.event_type = event_type.to_owned();
        self.payload = payload.to_owned();
    }
}

/// A commit of an edited log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedCommit {
    pub first: i64,
    pub last: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    /// One letter, as the log keeps it.
    pub actor_role: String,
    pub actor_id: Uuid,
    pub correlation: Uuid,
    pub fingerprint: Vec<u8>,
    pub events: Vec<EditedEvent>,
}

impl EditedCommit {
    /// One that is to be appended, of a command that nobody sent.
    pub fn new(events: Vec<EditedEvent>) -> Self {
        Self {
            first: 0,
            last: 0,
            recorded_at: DateTime::UNIX_EPOCH,
            command_id: RandomIds.fresh(),
            actor_role: "o".into(),
            actor_id: RandomIds.fresh(),
            correlation: RandomIds.fresh(),
            fingerprint: vec![0; 16],
            events,
        }
    }
}

/// Where the log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedHead {
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
}
