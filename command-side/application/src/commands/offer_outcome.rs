//! The outcome of a command that opens or ends an offer, read from the events it wrote.

use std::sync::Arc;

use domain::Offer;
use events::recorded::{Event, OfferEvent};
use kernel::OfferId;
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    OfferAnswer, Outcome,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// The offer as the first of these events left it, or the refusal.
pub fn offer_outcome(
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let Event::Offer(event) = &first.recorded else { return Err(IncompleteEvents) };
    let offer = match event {
        OfferEvent::Opened(_) => Offer::evolve(None, event).map_err(|_| IncompleteEvents)?,
        _ => unit.get::<Offer>(first.stream).ok_or(IncompleteEvents)?.clone().after(event),
    };
    let answer = OfferAnswer {
        offer_id: OfferId::new(first.stream.uuid()),
        opened: offer.opened,
        status: offer.status,
        position: position(place.first, events.len() - 1),
        recorded_at: place.recorded_at,
    };
    Ok(Arc::new(match event {
        OfferEvent::Opened(_) => Outcome::OfferOpened(answer),
        _ => Outcome::OfferEnded(answer),
    }))
}
