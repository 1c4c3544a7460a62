//! The recorded events: their names, schema versions and payloads, as they stand in the log for ever.
//!
//! A payload's shape never changes. A new shape is a new schema version with its own type and an upcast in
//! [`Recorded::decode`]; the golden corpus under `contracts/golden/` decodes in every build, for ever.

mod account;
mod transfer;

pub use account::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, Holder,
};
use serde_json::value::RawValue;
pub use transfer::{
    CommandRefused, Refusal, TransferFacts, TransferKind, TransferPosted, TransferRejected, TransferReversed,
};

macro_rules! recorded {
    ($($(#[$doc:meta])* $name:ident = $version:literal;)*) => {
        /// Any recorded event, decoded.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Recorded {
            $($(#[$doc])* $name($name),)*
        }

        impl Recorded {
            /// The name under which the event stands in the log.
            pub fn event_type(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// The schema version written today.
            pub fn schema_version(&self) -> i16 {
                match self { $(Self::$name(_) => $version,)* }
            }

            /// The payload as JSON.
            pub fn payload(&self) -> Result<String, serde_json::Error> {
                match self { $(Self::$name(event) => serde_json::to_string(event),)* }
            }

            /// Reads what stands in the log.
            pub fn decode(event_type: &str, schema_version: i16, payload: &RawValue) -> Result<Self, DecodeError> {
                let decoded = match (event_type, schema_version) {
                    $((stringify!($name), $version) => serde_json::from_str(payload.get()).map(Self::$name),)*
                    _ => return Err(DecodeError::Unknown { event_type: event_type.to_owned(), schema_version }),
                };
                decoded.map_err(|source| DecodeError::Payload { event_type: event_type.to_owned(), schema_version, source })
            }
        }

        $(impl From<$name> for Recorded {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })*

        /// The name and current schema version of every event.
        pub const EVENT_TYPES: &[(&str, i16)] = &[$((stringify!($name), $version),)*];
    };
}

recorded! {
    /// An account came to be.
    AccountOpened = 1;
    /// An account number was given to an account.
    AccountNumberAssigned = 1;
    /// Money left an account.
    AccountDebited = 1;
    /// Money came to an account.
    AccountCredited = 1;
    /// An operator froze an account.
    AccountFrozen = 1;
    /// An operator unfroze an account.
    AccountUnfrozen = 1;
    /// An account was closed.
    AccountClosed = 1;
    /// Money moved.
    TransferPosted = 1;
    /// A transfer was refused, and the refusal kept.
    TransferRejected = 1;
    /// A posted transfer was undone by another.
    TransferReversed = 1;
    /// A command that is no transfer was refused, and the refusal kept.
    CommandRefused = 1;
}

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
}
