//! A name that only one may bear: a login id or a contact. Which name it is, nobody can tell from its stream.

use chrono::{DateTime, Utc};
use kernel::{MemberId, StreamId};

/// Who bears a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservedFor {
    /// A sign-up that was under way. Earlier builds only.
    SignUp {
        /// Which.
        sign_up: StreamId,
        /// When its time runs out.
        until: DateTime<Utc>,
    },
    /// A member's change of contact that was under way. Earlier builds only.
    Change {
        /// Whose.
        member: MemberId,
        /// When its time runs out.
        until: DateTime<Utc>,
    },
    /// A member.
    Member(MemberId),
}

/// What happened to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationEvent {
    /// Somebody bears it from now on.
    Reserved(ReservedFor),
    /// Nobody does.
    Released,
}

/// A name as its events left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reservation(Option<ReservedFor>);

impl Reservation {
    /// The name after an event.
    pub fn evolve(self, event: &ReservationEvent) -> Self {
        match event {
            ReservationEvent::Reserved(reserved_for) => Self(Some(*reserved_for)),
            ReservationEvent::Released => Self(None),
        }
    }

    /// The member it belongs to. What is pending reserves nothing: an earlier build let sign-ups and changes of contact
    /// reserve names, and those reservations keep nobody out any more.
    pub fn owner(self) -> Option<MemberId> {
        match self.0 {
            Some(ReservedFor::Member(member)) => Some(member),
            _ => None,
        }
    }

    /// Whether it stands under that sign-up, in time or not.
    pub fn is_of_sign_up(self, id: StreamId) -> bool {
        matches!(self.0, Some(ReservedFor::SignUp { sign_up, .. }) if sign_up == id)
    }

    /// Whether it stands under that member's change, in time or not.
    pub fn is_of_change(self, of: MemberId) -> bool {
        matches!(self.0, Some(ReservedFor::Change { member, .. }) if member == of)
    }

    /// Whether it is the member's.
    pub fn is_of_member(self, of: MemberId) -> bool {
        self.0 == Some(ReservedFor::Member(of))
    }
}
