//! Why an event of the log cannot be read.

use super::LegsError;

/// Why an event of the log cannot be read here.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a later Jangbu, or not by Jangbu.
    #[error("the event {event_type} with schema version {schema_version} is not known here")]
    Unknown {
        /// The name found.
        event_type: String,
        /// The schema version found.
        schema_version: i16,
    },
    /// Its payload is not of its shape.
    #[error("the payload of {event_type} (schema version {schema_version}) has another shape")]
    Payload {
        /// The name found.
        event_type: String,
        /// The schema version found.
        schema_version: i16,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// It is a transfer whose legs make none.
    #[error("the payload of {event_type} (schema version {schema_version}) is no transfer")]
    Legs {
        /// The name found.
        event_type: String,
        /// The schema version found.
        schema_version: i16,
        /// What is wrong with the legs.
        source: LegsError,
    },
}

/// A [`DecodeError`] before name and version are added.
pub(super) enum Unreadable {
    Version,
    Payload(serde_json::Error),
    Legs(LegsError),
}

impl Unreadable {
    pub(super) fn of(self, event_type: &str, schema_version: i16) -> DecodeError {
        let event_type = event_type.to_owned();
        match self {
            Self::Version => DecodeError::Unknown { event_type, schema_version },
            Self::Payload(source) => DecodeError::Payload { event_type, schema_version, source },
            Self::Legs(source) => DecodeError::Legs { event_type, schema_version, source },
        }
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self::Payload(error)
    }
}

impl From<LegsError> for Unreadable {
    fn from(error: LegsError) -> Self {
        Self::Legs(error)
    }
}
