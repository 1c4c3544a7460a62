//! A type of event, and the list of the types that stand on one kind of stream.

use super::stream_kind::StreamKind;

/// A type of event, with the schema version written today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// Its name in the log.
    pub name: &'static str,
    /// The schema version written today.
    pub schema_version: i16,
    /// The kind of stream it stands on, in whatever schema version.
    pub kind: StreamKind,
    /// Whether it opens its stream: at version 1, and at no other.
    pub opens_stream: bool,
}

/// A payload that is listed as a type of event.
pub trait Payload: Into<Self::Events> {
    /// The events on the same kind of stream.
    type Events;
}

// The events on one kind of stream, beside their payloads. The name of the payload is the name in the log. `opens`: the event
// opens its stream, as version 1 and at no other version. `on`: it may stand at any version. `read by F`: F reads the payloads
// of all schema versions, and turns older ones into today's.
macro_rules! event_types {
    (
        $(#[$doc:meta])* $kind:ident($events:ident) {
            $($(#[$variant_doc:meta])* $variant:ident($payload:ident) = $version:literal, $place:ident $(, read by $read:path)?;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $events {
            $($(#[$variant_doc])* $variant($payload),)*
        }

        impl $events {
            /// The names of its types in the log.
            pub const NAMES: &'static [&'static str] = &[$($payload::NAME,)*];

            /// Its types.
            pub const TYPES: &'static [$crate::recorded::EventType] = &[$($payload::TYPE,)*];

            /// The type of the event.
            pub fn event_type(&self) -> $crate::recorded::EventType {
                match self {
                    $(Self::$variant(_) => $payload::TYPE,)*
                }
            }

            pub(super) fn payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$variant(payload) => serde_json::to_string(payload),)*
                }
            }

            /// None if the type stands on another kind of stream.
            pub(super) fn decode(
                event_type: &str,
                schema_version: i16,
                payload: &str,
            ) -> Option<Result<Self, $crate::recorded::decode::Unreadable>> {
                use $crate::recorded::event_type::read;

                Some(match event_type {
                    $($payload::NAME => read!($version, schema_version, payload $(, $read)?).map(Self::$variant),)*
                    _ => return None,
                })
            }
        }

        $(
            impl $payload {
                /// The name of the event in the log.
                pub const NAME: &'static str = stringify!($payload);

                /// The type of the event.
                pub const TYPE: $crate::recorded::EventType = $crate::recorded::EventType {
                    name: Self::NAME,
                    schema_version: $version,
                    kind: $crate::recorded::StreamKind::$kind,
                    opens_stream: $crate::recorded::event_type::opens!($place),
                };
            }

            impl $crate::recorded::event_type::Payload for $payload {
                type Events = $events;
            }

            impl From<$payload> for $events {
                fn from(payload: $payload) -> Self {
                    Self::$variant(payload)
                }
            }
        )*
    };
}

macro_rules! opens {
    (opens) => {
        true
    };
    (on) => {
        false
    };
}

macro_rules! read {
    ($current:literal, $version:expr, $payload:expr) => {
        if $version == $current {
            serde_json::from_str($payload).map_err($crate::recorded::decode::Unreadable::from)
        } else {
            Err($crate::recorded::decode::Unreadable::Version)
        }
    };
    ($current:literal, $version:expr, $payload:expr, $read:path) => {
        $read($version, $payload)
    };
}

pub(super) use {event_types, opens, read};
