//! The outcome of any command that waits for a second operator.

use std::sync::Arc;

use super::approval_answer::asked_in;
use crate::{Outcome, engine::PendingEvent};

/// That it waits, if these events say so.
pub fn requested_in(events: &[PendingEvent]) -> Option<Arc<Outcome>> {
    asked_in(events).map(|asked| Arc::new(Outcome::ApprovalRequested(asked)))
}
