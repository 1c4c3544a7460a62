//! What decisions come to: events, and events that lack the sealed texts that only the holder of a key can add.

use events::recorded::Event;
use kernel::{MemberId, StreamId};

use super::{ContactChange, SignUpStart};

/// What happens on which stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "made, recorded and dropped, a few at a time")]
pub enum DecidedEvent {
    /// An event as it is recorded.
    Complete(StreamId, Event),
    /// An event without its sealed texts.
    Unsealed(StreamId, UnsealedEvent),
}

/// An event without its sealed texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsealedEvent {
    /// A sign-up begins.
    SignUpStarted(SignUpStart),
    /// A person becomes a member.
    MemberJoined {
        /// The name of their login id.
        login: StreamId,
        /// The name of their contact.
        contact: StreamId,
    },
    /// A member asks to be reached elsewhere.
    ContactChangeStarted(ContactChange),
    /// A member is reached elsewhere.
    ContactChanged {
        /// The name of the contact.
        contact: StreamId,
    },
}

impl DecidedEvent {
    /// An event that is complete.
    pub fn complete(stream: StreamId, event: impl Into<Event>) -> Self {
        Self::Complete(stream, event.into())
    }

    /// An event of a member that is complete.
    pub fn of_member(member: MemberId, event: impl Into<Event>) -> Self {
        Self::Complete(StreamId::new(member.uuid()), event.into())
    }

    /// An event of a member that lacks its sealed texts.
    pub fn unsealed_of_member(member: MemberId, event: UnsealedEvent) -> Self {
        Self::Unsealed(StreamId::new(member.uuid()), event)
    }
}
