//! The outcome of a command that was refused and is no transfer.

use std::sync::Arc;

use events::recorded::{Event, RefusedCommandEvent};

use crate::{Outcome, Refused, engine::PendingEvent};

/// The refusal, if the event is one.
pub fn refusal_outcome(event: &PendingEvent) -> Option<Arc<Outcome>> {
    let Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) = &event.recorded else { return None };
    Some(Arc::new(Outcome::Refused(Refused { refusal: refused.refusal.clone(), transfer: None })))
}
