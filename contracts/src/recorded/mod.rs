//! The recorded events: their names, schema versions and payloads, as they stand in the log for ever.
//!
//! A payload's shape never changes. A new shape is a new schema version with its own type and an upcast in
//! [`Recorded::decode`]; the golden corpus under `contracts/golden/` decodes in every build, for ever.

mod account;
mod legs;
mod member;
mod owner;
mod stream_kind;
mod transfer;

pub use account::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, Holder,
};
pub use legs::{Leg, Legs, LegsError, Pair};
pub use member::{
    Channel, Consent, ContactChangeStarted, ContactChanged, ContactCodeRefused, ErasureRequested, MemberErased,
    MemberJoined, NameHolder, NameKind, NameReleased, NameReserved, PasswordChanged, PersonalDataDisclosed,
    SignUpCodeIssued, SignUpCodeRefused, SignUpCompleted, SignUpEnd, SignUpEnded, SignUpStarted,
};
pub use owner::{OwnerAccountAdded, OwnerLeft};
use serde_json::value::RawValue;
pub use stream_kind::{StreamKind, StreamRule};
pub use transfer::{
    CommandRefused, Refusal, TransferFacts, TransferKind, TransferPosted, TransferRejected, TransferReversed,
};

// `opens K`: the event opens a stream of kind K, as its version 1 and at no other version. `on K`: it may stand at any version
// of a stream of kind K. `read by F`: F reads the payloads of all versions, and turns the older ones into today's.
macro_rules! recorded {
    (
        $(#[$enum_doc:meta])* $enum:ident, $types:ident, nested { $($(#[$nested_doc:meta])* $group:ident($nested:ident),)* }
        $($(#[$doc:meta])* $name:ident = $version:literal, $place:ident $kind:ident $(, read by $read:path)?;)*
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $enum {
            $($(#[$doc])* $name($name),)*
            $($(#[$nested_doc])* $group($nested),)*
        }

        impl $enum {
            /// The name under which the event stands in the log.
            pub fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                    $(Self::$group(event) => event.event_type(),)*
                }
            }

            /// The schema version written today.
            pub fn schema_version(&self) -> i16 {
                match self {
                    $(Self::$name(_) => $version,)*
                    $(Self::$group(event) => event.schema_version(),)*
                }
            }

            /// The payload as JSON.
            pub fn payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(event) => serde_json::to_string(event),)*
                    $(Self::$group(event) => event.payload(),)*
                }
            }

            /// Reads what stands in the log.
            pub fn decode(event_type: &str, schema_version: i16, payload: &RawValue) -> Result<Self, DecodeError> {
                let decoded = match event_type {
                    $(stringify!($name) => {
                        read!($version, schema_version, payload.get() $(, $read)?).map(Self::$name)
                    })*
                    $(_ if $nested::is_named(event_type) => {
                        return $nested::decode(event_type, schema_version, payload).map(Self::$group);
                    })*
                    _ => Err(Unreadable::Version),
                };
                decoded.map_err(|error| error.of(event_type, schema_version))
            }

            /// The kind of stream that the event stands on.
            pub fn stream_kind(&self) -> StreamKind {
                match self {
                    $(Self::$name(_) => StreamKind::$kind,)*
                    $(Self::$group(event) => event.stream_kind(),)*
                }
            }

            /// Whether the event opens its stream: it has version 1, and no other version.
            pub fn opens_stream(&self) -> bool {
                match self {
                    $(Self::$name(_) => stream_kind::opens!($place),)*
                    $(Self::$group(event) => event.opens_stream(),)*
                }
            }

            /// On which kind of stream each event stands that is named here, nested ones included, in whatever schema version.
            pub fn stream_rules() -> Vec<StreamRule> {
                let named = [$(StreamRule {
                    event_type: stringify!($name),
                    kind: StreamKind::$kind,
                    opens_stream: stream_kind::opens!($place),
                },)*];
                named.into_iter()$(.chain($nested::stream_rules()))*.collect()
            }

            /// Whether an event of this name belongs here, in whatever schema version.
            pub fn is_named(event_type: &str) -> bool {
                $types.iter().any(|(name, _)| *name == event_type) $(|| $nested::is_named(event_type))*
            }
        }

        $(impl From<$name> for $enum {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })*

        $(impl From<$nested> for $enum {
            fn from(event: $nested) -> Self {
                Self::$group(event)
            }
        })*

        #[doc = concat!("The name and current schema version of every event that [`", stringify!($enum), "`] names itself.")]
        pub const $types: &[(&str, i16)] = &[$((stringify!($name), $version),)*];
    };
}

macro_rules! read {
    ($current:literal, $version:expr, $payload:expr) => {
        if $version == $current {
            serde_json::from_str($payload).map_err(Unreadable::from)
        } else {
            Err(Unreadable::Version)
        }
    };
    ($current:literal, $version:expr, $payload:expr, $read:path) => {
        $read($version, $payload)
    };
}

recorded! {
    /// Any recorded event, decoded.
    Recorded, EVENT_TYPES, nested {
        /// What happened to a member, on the way to becoming one, or to a name that only one may bear.
        Member(MemberRecorded),
    }
    /// An account came to be.
    AccountOpened = 1, opens Account;
    /// An account number was given to an account.
    AccountNumberAssigned = 1, opens AccountNumber;
    /// Money left an account.
    AccountDebited = 1, on Account;
    /// Money came to an account.
    AccountCredited = 1, on Account;
    /// An operator froze an account.
    AccountFrozen = 1, on Account;
    /// An operator unfroze an account.
    AccountUnfrozen = 1, on Account;
    /// An account was closed.
    AccountClosed = 1, on Account;
    /// Money moved.
    TransferPosted = 2, opens Transfer, read by TransferPosted::read;
    /// A transfer was refused, and the refusal kept.
    TransferRejected = 1, opens Transfer;
    /// A posted transfer was undone by another.
    TransferReversed = 1, on Transfer;
    /// A command that is no transfer was refused, and the refusal kept.
    CommandRefused = 1, opens RefusedCommand;
    /// An account was opened for a member.
    OwnerAccountAdded = 1, on Owner;
    /// A member is leaving: no account is opened for them after this. Last on the owner's stream.
    OwnerLeft = 1, on Owner;
}

recorded! {
    /// A recorded event of a sign-up, a reservation or a member. Personal data in it are [`kernel::Sealed`].
    MemberRecorded, MEMBER_EVENT_TYPES, nested {}
    /// A person began to sign up. First on the sign-up's stream.
    SignUpStarted = 1, opens SignUp;
    /// Another verification code was issued for a sign-up.
    SignUpCodeIssued = 1, on SignUp;
    /// A wrong code was given for a sign-up.
    SignUpCodeRefused = 1, on SignUp;
    /// The contact was verified and the person became a member. Last on the sign-up's stream.
    SignUpCompleted = 1, on SignUp;
    /// A sign-up came to nothing. Last on the sign-up's stream.
    SignUpEnded = 1, on SignUp;
    /// A login id or a contact was taken.
    NameReserved = 1, on Name;
    /// A login id or a contact became free.
    NameReleased = 1, on Name;
    /// A person became a member. First on the member's stream.
    MemberJoined = 1, opens Member;
    /// A member asked to be reached elsewhere.
    ContactChangeStarted = 1, on Member;
    /// A wrong code was given for a new contact.
    ContactCodeRefused = 1, on Member;
    /// A member is reached elsewhere from now on.
    ContactChanged = 1, on Member;
    /// A member has another password.
    PasswordChanged = 1, on Member;
    /// An operator was shown a member's personal data.
    PersonalDataDisclosed = 1, on Member;
    /// A member is to be erased: nothing is done for it any more.
    ErasureRequested = 1, on Member;
    /// Nothing personal of the member can be read any more. Last on the member's stream.
    MemberErased = 1, on Member;
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
enum Unreadable {
    Version,
    Payload(serde_json::Error),
    Legs(LegsError),
}

impl Unreadable {
    fn of(self, event_type: &str, schema_version: i16) -> DecodeError {
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
