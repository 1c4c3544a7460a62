//! The outcome of a command on a standing order, read from the events it wrote.

use std::sync::Arc;

use domain::Order;
use events::recorded::{Event, StandingOrderEvent};
use kernel::OrderId;
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    OrderAnswer, Outcome,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// The order as the last event of it left it, or the refusal.
///
/// The event is put on the order of today: what can change is in the event, and the number of runs is known for each version.
pub fn order_outcome(
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let of_order = events.iter().rev().find_map(|pending| match &pending.recorded {
        Event::StandingOrder(event) => Some((pending, event)),
        _ => None,
    });
    let (last, event) = of_order.ok_or(IncompleteEvents)?;
    let order = match event {
        StandingOrderEvent::Placed(_) => Order::evolve(None, event).map_err(|_| IncompleteEvents)?,
        _ => unit.get::<Order>(last.stream).ok_or(IncompleteEvents)?.clone().after(event),
    };
    let answer = OrderAnswer {
        order_id: OrderId::new(last.stream.uuid()),
        runs_done: order.runs_at(last.version),
        placed: order.placed,
        status: order.status,
        next_at: order.next_at,
        position: position(place.first, events.len() - 1),
        recorded_at: place.recorded_at,
    };
    Ok(Arc::new(match event {
        StandingOrderEvent::Placed(_) => Outcome::OrderPlaced(answer),
        _ => Outcome::OrderChanged(answer),
    }))
}
