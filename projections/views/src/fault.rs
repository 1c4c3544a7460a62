//! Events that contradict what the log promises.

use contracts::recorded::Recorded;
use kernel::Position;
use projection_engine::Fault;

/// The event at `position` cannot be applied.
pub(crate) fn fault(position: Position, event: &Recorded, reason: impl Into<String>) -> Fault {
    Fault { position, event_type: event.event_type().to_owned(), reason: reason.into() }
}
