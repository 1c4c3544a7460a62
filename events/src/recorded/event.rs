//! The list of the events: groups, names in the log, schema versions, and the streams that they stand on.

use serde_json::value::RawValue;

use super::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, CommandRefused, ContactChangeStarted, ContactChanged, ContactCodeRefused, DecodeError,
    ErasureRequested, MemberErased, MemberJoined, NameReleased, NameReserved, OwnerAccountAdded, OwnerLeft,
    PasswordChanged, PersonalDataDisclosed, SignUpCodeIssued, SignUpCodeRefused, SignUpCompleted, SignUpEnded,
    SignUpStarted, StreamKind, TransferPosted, TransferRejected, TransferReversed, decode::Unreadable,
};

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

// The name of the payload is the name in the log. `opens`: the event opens its stream, as version 1 and at no other version.
// `on`: it may stand at any version. `read by F`: F reads the payloads of all schema versions, and turns older ones into today's.
macro_rules! events {
    ($(
        $(#[$group_doc:meta])* $group:ident($events:ident) {
            $($(#[$doc:meta])* $variant:ident($payload:ident) = $version:literal, $place:ident $(, read by $read:path)?;)*
        }
    )*) => {
        /// Any event of the log, by the kind of stream that it stands on.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[$group_doc])* $group($events),)*
        }

        impl Event {
            /// Every type of event, once.
            pub const TYPES: &'static [EventType] = &[$($($payload::TYPE,)*)*];

            /// The type of the event.
            pub fn event_type(&self) -> EventType {
                match self {
                    $(Self::$group(event) => event.event_type(),)*
                }
            }

            /// Whether an event of this name is known, in whatever schema version.
            pub fn is_named(name: &str) -> bool {
                Self::TYPES.iter().any(|known| known.name == name)
            }

            /// The payload as JSON.
            pub fn payload(&self) -> Result<String, serde_json::Error> {
                match self {
                    $($(Self::$group($events::$variant(payload)) => serde_json::to_string(payload),)*)*
                }
            }

            /// Reads what stands in the log.
            pub fn decode(event_type: &str, schema_version: i16, payload: &RawValue) -> Result<Self, DecodeError> {
                let decoded = match event_type {
                    $($($payload::NAME => {
                        read!($version, schema_version, payload.get() $(, $read)?)
                            .map(|payload| Self::$group($events::$variant(payload)))
                    })*)*
                    _ => Err(Unreadable::Version),
                };
                decoded.map_err(|error| error.of(event_type, schema_version))
            }
        }

        $(
            $(#[$group_doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub enum $events {
                $($(#[$doc])* $variant($payload),)*
            }

            impl $events {
                /// The names of its types in the log.
                pub const NAMES: &'static [&'static str] = &[$($payload::NAME,)*];

                /// The type of the event.
                pub fn event_type(&self) -> EventType {
                    match self {
                        $(Self::$variant(_) => $payload::TYPE,)*
                    }
                }
            }

            impl From<$events> for Event {
                fn from(event: $events) -> Self {
                    Self::$group(event)
                }
            }

            $(
                impl $payload {
                    /// The name of the event in the log.
                    pub const NAME: &'static str = stringify!($payload);

                    /// The type of the event.
                    pub const TYPE: EventType = EventType {
                        name: Self::NAME,
                        schema_version: $version,
                        kind: StreamKind::$group,
                        opens_stream: opens!($place),
                    };
                }

                impl From<$payload> for $events {
                    fn from(payload: $payload) -> Self {
                        Self::$variant(payload)
                    }
                }

                impl From<$payload> for Event {
                    fn from(payload: $payload) -> Self {
                        Self::$group($events::$variant(payload))
                    }
                }
            )*
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
            serde_json::from_str($payload).map_err(Unreadable::from)
        } else {
            Err(Unreadable::Version)
        }
    };
    ($current:literal, $version:expr, $payload:expr, $read:path) => {
        $read($version, $payload)
    };
}

events! {
    /// An event of an account.
    Account(AccountEvent) {
        /// An account came to be.
        Opened(AccountOpened) = 1, opens;
        /// Money left an account.
        Debited(AccountDebited) = 1, on;
        /// Money came to an account.
        Credited(AccountCredited) = 1, on;
        /// An operator froze an account.
        Frozen(AccountFrozen) = 1, on;
        /// An operator unfroze an account.
        Unfrozen(AccountUnfrozen) = 1, on;
        /// An account was closed.
        Closed(AccountClosed) = 1, on;
    }
    /// An event of an account number.
    AccountNumber(AccountNumberEvent) {
        /// An account number was given to an account.
        Assigned(AccountNumberAssigned) = 1, opens;
    }
    /// An event of a transfer.
    Transfer(TransferEvent) {
        /// Money moved.
        Posted(TransferPosted) = 2, opens, read by TransferPosted::read;
        /// A transfer was refused, and the refusal kept.
        Rejected(TransferRejected) = 1, opens;
        /// A posted transfer was undone by another.
        Reversed(TransferReversed) = 1, on;
    }
    /// An event of a command that is no transfer and was refused.
    RefusedCommand(RefusedCommandEvent) {
        /// The refusal was kept.
        Refused(CommandRefused) = 1, opens;
    }
    /// An event of a member as the owner of accounts.
    Owner(OwnerEvent) {
        /// An account was opened for a member.
        AccountAdded(OwnerAccountAdded) = 1, on;
        /// A member is leaving: no account is opened for them after this. Last on the owner's stream.
        Left(OwnerLeft) = 1, on;
    }
    /// An event of a sign-up. Personal data in it are [`kernel::Sealed`].
    SignUp(SignUpEvent) {
        /// A person began to sign up. First on the sign-up's stream.
        Started(SignUpStarted) = 1, opens;
        /// Another verification code was issued for a sign-up.
        CodeIssued(SignUpCodeIssued) = 1, on;
        /// A wrong code was given for a sign-up.
        CodeRefused(SignUpCodeRefused) = 1, on;
        /// The contact was verified and the person became a member. Last on the sign-up's stream.
        Completed(SignUpCompleted) = 1, on;
        /// A sign-up came to nothing. Last on the sign-up's stream.
        Ended(SignUpEnded) = 1, on;
    }
    /// An event of a name that only one may bear: a login id or a contact.
    Reservation(ReservationEvent) {
        /// A login id or a contact was taken.
        Reserved(NameReserved) = 1, on;
        /// A login id or a contact became free.
        Released(NameReleased) = 1, on;
    }
    /// An event of a member. Personal data in it are [`kernel::Sealed`].
    Member(MemberEvent) {
        /// A person became a member. First on the member's stream.
        Joined(MemberJoined) = 1, opens;
        /// A member asked to be reached elsewhere.
        ContactChangeStarted(ContactChangeStarted) = 1, on;
        /// A wrong code was given for a new contact.
        ContactCodeRefused(ContactCodeRefused) = 1, on;
        /// A member is reached elsewhere from now on.
        ContactChanged(ContactChanged) = 1, on;
        /// A member has another password.
        PasswordChanged(PasswordChanged) = 1, on;
        /// An operator was shown a member's personal data.
        PersonalDataDisclosed(PersonalDataDisclosed) = 1, on;
        /// A member is to be erased: nothing is done for it any more.
        ErasureRequested(ErasureRequested) = 1, on;
        /// Nothing personal of the member can be read any more. Last on the member's stream.
        Erased(MemberErased) = 1, on;
    }
}
