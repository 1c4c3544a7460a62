//! The outcome of a command on a payout run, read from the events it wrote.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::PayoutRun;
use events::recorded::{Event, PayoutRunEvent};
use kernel::{PayoutRunId, Position};
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    Outcome, PayoutAnswer,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// The run as the last event of it left it, or the refusal; without any event, the run as it is.
///
/// The event is put on the run of today, which knows what the event does not say.
pub fn payout_outcome(
    id: PayoutRunId,
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let Some(first) = events.first() else { return as_it_is(id, unit) };
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let place = place.ok_or(IncompleteEvents)?;
    let of_run = events.iter().rev().find_map(|pending| match &pending.recorded {
        Event::PayoutRun(event) => Some((pending, event)),
        _ => None,
    });
    let (last, event) = of_run.ok_or(IncompleteEvents)?;
    let run = match event {
        PayoutRunEvent::Opened(_) => PayoutRun::evolve(None, event).map_err(|_| IncompleteEvents)?,
        _ => unit.get::<PayoutRun>(last.stream).ok_or(IncompleteEvents)?.clone().at(event, last.version),
    };
    let id = PayoutRunId::new(last.stream.uuid());
    let answer = answer(id, run, position(place.first, events.len() - 1), place.recorded_at);
    Ok(Arc::new(match event {
        PayoutRunEvent::Opened(_) => Outcome::PayoutOpened(answer),
        _ => Outcome::PayoutChanged(answer),
    }))
}

/// The run when nothing had to be written.
fn as_it_is(id: PayoutRunId, unit: &UnitOfWork) -> Result<Arc<Outcome>, IncompleteEvents> {
    let run = unit.get::<PayoutRun>(id.into()).ok_or(IncompleteEvents)?.clone();
    let newest = unit.stream(id.into()).ok_or(IncompleteEvents)?.newest;
    let now = unit.log_time().ok_or(IncompleteEvents)?;
    Ok(Arc::new(Outcome::PayoutChanged(answer(id, run, newest, now))))
}

fn answer(id: PayoutRunId, run: PayoutRun, position: Position, recorded_at: DateTime<Utc>) -> PayoutAnswer {
    PayoutAnswer {
        run_id: id,
        opened: run.opened,
        status: run.status,
        rows: run.rows,
        total: run.total,
        posted: run.progress.posted,
        refused: run.progress.refused,
        paid: run.progress.paid,
        position,
        recorded_at,
    }
}
