//! The outcome of a command on an item, read from the event it wrote.

use std::sync::Arc;

use domain::Item;
use events::recorded::{Event, ItemEvent};
use kernel::ItemId;
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    ItemAnswer, Outcome,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// The item as the first of these events left it, or the refusal.
///
/// The event is put on the item of today: what can change is in the event, and how it came to be is the same on any day.
pub fn item_outcome(
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let Event::Item(event) = &first.recorded else { return Err(IncompleteEvents) };
    let item = match event {
        ItemEvent::Minted(_) => Item::evolve(None, event).map_err(|_| IncompleteEvents)?,
        _ => unit.get::<Item>(first.stream).ok_or(IncompleteEvents)?.clone().after(event),
    };
    let answer = ItemAnswer {
        item_id: ItemId::new(first.stream.uuid()),
        owner: item.owner,
        status: item.status(),
        minted: item.minted,
        position: position(place.first, events.len() - 1),
        recorded_at: place.recorded_at,
    };
    Ok(Arc::new(match event {
        ItemEvent::Minted(_) => Outcome::ItemMinted(answer),
        _ => Outcome::ItemTransferred(answer),
    }))
}
