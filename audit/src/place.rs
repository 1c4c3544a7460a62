//! Where an event stands.

use events::recorded::EventType;
use uuid::Uuid;

/// An event as far as its place in its stream goes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub position: i64,
    pub stream: Uuid,
    pub version: i64,
    /// Unknown if no type has the name of the event.
    pub event_type: Option<EventType>,
}
