//! Any event of the log. The types are listed beside their payloads, the kinds of streams in `stream_kind.rs`.

use serde_json::value::RawValue;

use super::{
    decode::{DecodeError, Unreadable},
    event_type::{EventType, Payload},
    stream_kind::with_stream_kinds,
};

macro_rules! event {
    ($($(#[$doc:meta])* $kind:ident($file:ident::$events:ident) = $name:literal;)*) => {
        /// Any event of the log, by the kind of stream that it stands on.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $kind(super::$file::$events),)*
        }

        impl Event {
            /// Every type of event, once.
            pub const TYPES: &'static [EventType] = &{
                const LISTS: &[&[EventType]] = &[$(super::$file::$events::TYPES,)*];
                concat::<{ count(LISTS) }>(LISTS)
            };

            /// The type of the event.
            pub fn event_type(&self) -> EventType {
                match self {
                    $(Self::$kind(event) => event.event_type(),)*
                }
            }

            /// The payload as JSON.
            pub fn payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$kind(event) => event.payload(),)*
                }
            }

            /// Reads what stands in the log.
            pub fn decode(event_type: &str, schema_version: i16, payload: &RawValue) -> Result<Self, DecodeError> {
                let decoded = None
                    $(.or_else(|| {
                        let decoded = super::$file::$events::decode(event_type, schema_version, payload.get());
                        decoded.map(|event| event.map(Self::$kind))
                    }))*;
                decoded.unwrap_or(Err(Unreadable::Version)).map_err(|error| error.of(event_type, schema_version))
            }
        }

        $(
            impl From<super::$file::$events> for Event {
                fn from(event: super::$file::$events) -> Self {
                    Self::$kind(event)
                }
            }
        )*
    };
}

with_stream_kinds!(event);

impl Event {
    /// Whether an event of this name is known, in whatever schema version.
    pub fn is_named(name: &str) -> bool {
        Self::TYPES.iter().any(|known| known.name == name)
    }
}

impl<P: Payload> From<P> for Event
where
    Self: From<P::Events>,
{
    fn from(payload: P) -> Self {
        Self::from(payload.into())
    }
}

const fn count(lists: &[&[EventType]]) -> usize {
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        count += lists[list].len();
        list += 1;
    }
    count
}

const fn concat<const N: usize>(lists: &[&[EventType]]) -> [EventType; N] {
    let mut all = [lists[0][0]; N];
    let (mut at, mut list) = (0, 0);
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            all[at] = lists[list][index];
            (at, index) = (at + 1, index + 1);
        }
        list += 1;
    }
    all
}
