//! What waits for a second operator.

use chrono::TimeDelta;
use kernel::ApprovalKinds;

/// What waits for a second operator, if an operator who logged in asks for it.
#[derive(Clone, Debug)]
pub struct ApprovalOptions {
    /// What.
    pub kinds: ApprovalKinds,
    /// For how long it can be approved.
    pub lives: TimeDelta,
}

impl Default for ApprovalOptions {
    fn default() -> Self {
        Self { kinds: ApprovalKinds::all(), lives: TimeDelta::hours(24) }
    }
}
