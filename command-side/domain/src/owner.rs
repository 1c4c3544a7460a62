//! The owner: a member as the one for whom accounts are opened, until they leave.

use events::recorded::{OwnerEvent, OwnerLeft};
use kernel::MemberId;
use uuid::Uuid;

use crate::EvolveError;

/// An owner as their events left them. Before any event an owner may own: members of older banks have no events here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    left: Option<Uuid>,
}

impl Owner {
    /// The state after an event. Nothing follows on leaving.
    pub fn evolve(self, event: &OwnerEvent) -> Result<Self, EvolveError> {
        match (self.left, event) {
            (Some(_), _) => Err(EvolveError::AfterTheLast),
            (None, OwnerEvent::AccountAdded(_)) => Ok(self),
            (None, OwnerEvent::Left(left)) => Ok(Self { left: Some(left.erasure) }),
        }
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
