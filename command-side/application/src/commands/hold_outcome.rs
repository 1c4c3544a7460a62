//! The outcome of a command on a hold, read from the events it wrote.

use std::sync::Arc;

use domain::Hold;
use events::recorded::{Event, HoldEvent};
use kernel::HoldId;
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    HoldAnswer, Outcome,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// The hold as the first of these events left it, or the refusal.
///
/// The event is put on the hold of today: what can change is in the event, and how it began is the same on any day.
pub fn hold_outcome(
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let Event::Hold(event) = &first.recorded else { return Err(IncompleteEvents) };
    let hold = match event {
        HoldEvent::Placed(_) => Hold::evolve(None, event).map_err(|_| IncompleteEvents)?,
        _ => unit.get::<Hold>(first.stream).ok_or(IncompleteEvents)?.clone().after(event),
    };
    let answer = HoldAnswer {
        hold_id: HoldId::new(first.stream.uuid()),
        placed: hold.placed,
        amounts: hold.amounts,
        status: hold.status,
        position: position(place.first, events.len() - 1),
        recorded_at: place.recorded_at,
    };
    Ok(Arc::new(match event {
        HoldEvent::Placed(_) => Outcome::HoldPlaced(answer),
        _ => Outcome::HoldChanged(answer),
    }))
}
