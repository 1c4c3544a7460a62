//! The outcome of a command on a process with the outside world, read from the events it wrote.

use std::sync::Arc;

use events::recorded::{Event, ProcessEvent};
use kernel::ProcessId;
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    DirectedAnswer, Outcome, ProcessAnswer,
    engine::{IncompleteEvents, PendingEvent, position},
};

/// How the process began, or how it goes on; or the refusal.
pub fn process_outcome(events: &[PendingEvent], place: Option<Appended>) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let (position, recorded_at) = (position(place.first, events.len() - 1), place.recorded_at);
    // The account of the bank that is paid may have been opened before it.
    let outcome = events.iter().find_map(|event| {
        let process_id = ProcessId::new(event.stream.uuid());
        match &event.recorded {
            Event::Process(ProcessEvent::Started(started)) => {
                let started = started.clone();
                Some(Outcome::ProcessStarted(ProcessAnswer { process_id, started, position, recorded_at }))
            }
            Event::Process(ProcessEvent::Directed(directed)) => {
                let directed = directed.clone();
                Some(Outcome::ProcessDirected(DirectedAnswer { process_id, directed, position, recorded_at }))
            }
            _ => None,
        }
    });
    outcome.map(Arc::new).ok_or(IncompleteEvents)
}
