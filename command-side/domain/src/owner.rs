//! The owner: a member as the one for whom accounts are opened, until they leave.

use kernel::AccountId;
use uuid::Uuid;

use crate::EvolveError;

/// What happened to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerEvent {
    /// An account was opened for them.
    AccountAdded {
        /// The account.
        account: AccountId,
    },
    /// They are leaving.
    Left {
        /// The erasure.
        erasure: Uuid,
    },
}

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
            (None, OwnerEvent::AccountAdded { .. }) => Ok(self),
            (None, OwnerEvent::Left { erasure }) => Ok(Self { left: Some(*erasure) }),
        }
    }

    /// Whether they are leaving or have left: no account is opened for them.
    pub fn has_left(self) -> bool {
        self.left.is_some()
    }

    /// What happens when they leave; nothing if they have left already.
    pub fn leave(self, erasure: Uuid) -> Option<OwnerEvent> {
        self.left.is_none().then_some(OwnerEvent::Left { erasure })
    }
}
