//! The owner: a member as the one for whom accounts are opened, until they leave.

use events::recorded::{OwnerEvent, OwnerLeft};
use kernel::MemberId;
use uuid::Uuid;

use crate::EvolveError;

/// An owner as their events left them. Before any event an owner may own: members of older banks have no events here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    left: Option<Uuid>,
    /// How many of their top-ups are not over.
    top_ups: u32,
}

impl Owner {
    /// The state after an event. Nothing begins after leaving.
    pub fn evolve(self, event: &OwnerEvent) -> Result<Self, EvolveError> {
        match (self.left, event) {
            // A version of the bank that did not know of top-ups let them leave before it was over.
            (_, OwnerEvent::TopUpEnded(_)) => {
                let top_ups = self.top_ups.checked_sub(1).ok_or(EvolveError::OutOfOrder)?;
                Ok(Self { top_ups, ..self })
            }
            (Some(_), _) => Err(EvolveError::AfterTheLast),
            (None, OwnerEvent::AccountAdded(_)) => Ok(self),
            (None, OwnerEvent::TopUpStarted(_)) => Ok(Self { top_ups: self.top_ups.saturating_add(1), ..self }),
            (None, OwnerEvent::Left(left)) => Ok(Self { left: Some(left.erasure), ..self }),
        }
    }

    /// Whether a top-up of theirs is under way: what is sealed in it opens with their key, so they do not leave before it is over.
    pub fn is_topping_up(self) -> bool {
        self.top_ups > 0
    }

    /// Whether they are leaving or have left: no account is opened for them.
    pub fn has_left(self) -> bool {
        self.left.is_some()
    }

    /// What happens when this owner leaves; nothing if they have left already.
    pub fn leave(self, owner: MemberId, erasure: Uuid) -> Option<OwnerEvent> {
        self.left.is_none().then_some(OwnerLeft { owner, erasure }.into())
    }
}
