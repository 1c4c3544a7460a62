//! Events as they stand in the row of their commit.

use std::borrow::Cow;

use event_archive::{ArchiveError, Event};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::failure::Failure;

/// Stream, version, where the version before is, type, schema version, payload.
#[derive(Debug, Deserialize)]
pub struct Stored<'a>(
    pub Uuid,
    pub i64,
    pub i64,
    #[serde(borrow)] pub Cow<'a, str>,
    pub i16,
    #[serde(borrow)] pub &'a RawValue,
);

impl From<Stored<'_>> for Event {
    fn from(Stored(stream_id, version, previous, event_type, schema_version, payload): Stored<'_>) -> Self {
        let event_type = event_type.into_owned();
        Self {
            stream_id,
            version,
            previous: Some(previous),
            event_type,
            schema_version,
            payload: payload.get().to_owned(),
        }
    }
}

/// The events of the commit that begins there.
pub fn decode(first: i64, events: &str) -> Result<Vec<Stored<'_>>, Failure> {
    serde_json::from_str(events)
        .map_err(|error| damaged(first, format!("the events of the commit cannot be read: {error}")))
}

/// What a log cannot hold.
pub fn damaged(position: i64, what: impl Into<String>) -> Failure {
    ArchiveError::Log { position, what: what.into() }.into()
}
