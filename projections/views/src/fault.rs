//! Events that contradict what the log promises.

use events::recorded::Event;
use kernel::Position;
use projection_engine::Fault;

/// The event at `position` cannot be applied.
pub(crate) fn fault(position: Position, event: &Event, reason: impl Into<String>) -> Fault {
    Fault { position, event_type: event.event_type().name.to_owned(), reason: reason.into() }
}
