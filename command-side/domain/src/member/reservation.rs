//! A name that only one may have: a login id or a contact. The stream does not show which name it is.

use events::recorded::{NameHolder, ReservationEvent};
use kernel::{MemberId, StreamId};

/// A name as its events left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reservation(Option<NameHolder>);

impl Reservation {
    /// The name after an event.
    pub fn evolve(self, event: &ReservationEvent) -> Self {
        match event {
            ReservationEvent::Reserved(reserved) => Self(Some(reserved.holder)),
            ReservationEvent::Released(_) => Self(None),
        }
    }

    /// The member it belongs to. What is pending reserves nothing: an earlier build let sign-ups and changes of contact
    /// reserve names, and those reservations keep nobody out any more.
    pub fn owner(self) -> Option<MemberId> {
        match self.0 {
            Some(NameHolder::Member { member }) => Some(member),
            _ => None,
        }
    }

    /// Whether it stands under that sign-up, in time or not.
    pub fn is_of_sign_up(self, id: StreamId) -> bool {
        matches!(self.0, Some(NameHolder::SignUp { sign_up, .. }) if sign_up == id.uuid())
    }

    /// Whether it stands under that member's change, in time or not.
    pub fn is_of_change(self, of: MemberId) -> bool {
        matches!(self.0, Some(NameHolder::Change { member, .. }) if member == of)
    }

    /// Whether it is the member's.
    pub fn is_of_member(self, of: MemberId) -> bool {
        self.owner() == Some(of)
    }
}
