//! The view `items`: every item, its owners so far, and every offer.

mod fold;
mod offers;
mod rows;

use events::recorded::{Event, ItemEvent, OfferEvent};
use kernel::{MemberId, StreamId};
use projection_engine::{Commit, Fault, Projection, Rows, SumColumn};

/// The view `items`.
#[derive(Clone, Copy, Debug)]
pub struct Items;

impl Projection for Items {
    type Event = Event;

    fn name(&self) -> &'static str {
        "items"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["items", "item_owners", "offers"]
    }

    fn uses(&self, event_type: &str) -> bool {
        ItemEvent::NAMES.contains(&event_type)
            || OfferEvent::NAMES.contains(&event_type)
            || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::ItemRows::from(fold::fold(commits)?)))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "offers", column: "amount", by: Some("asset") }]
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // Whose lists are wrong while it is parked.
        let members: [Option<MemberId>; 2] = match event {
            // What changes nothing here is never put aside.
            Some(event) if !self.uses(event.event_type().name) => return Vec::new(),
            Some(Event::Item(ItemEvent::Minted(minted))) => [Some(minted.owner), None],
            Some(Event::Item(ItemEvent::Transferred(transferred))) => [Some(transferred.from), Some(transferred.to)],
            Some(Event::Item(ItemEvent::Traded(traded))) => [Some(traded.from), Some(traded.to)],
            Some(Event::Offer(OfferEvent::Opened(opened))) => [Some(opened.seller), None],
            _ => [None, None],
        };
        let members = members.into_iter().flatten().map(|member| member.to_string());
        std::iter::once(stream.to_string()).chain(members).collect()
    }
}
