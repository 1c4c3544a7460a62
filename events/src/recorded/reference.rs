//! Events on the stream of a reference: what the outside calls a deposit or a withdrawal.

use kernel::TransferId;
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of a reference.
    Reference(ReferenceEvent) {
        /// A reference that is to be unique was used.
        Used(ReferenceUsed) = 1, opens;
    }
}

/// A principal used a reference that is to be unique. First and only event on its stream, whose id derives from principal and reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceUsed {
    /// For which transfer; posted in the same commit.
    pub transfer: TransferId,
}
