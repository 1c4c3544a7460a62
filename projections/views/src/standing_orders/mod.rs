//! The view `standing_orders`: every standing order, and the runs of it that were carried out.

mod fold;
mod rows;

use events::recorded::{Event, StandingOrderEvent};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows, SumColumn};

/// The view `standing_orders`.
#[derive(Clone, Copy, Debug)]
pub struct StandingOrders;

impl Projection for StandingOrders {
    type Event = Event;

    fn name(&self) -> &'static str {
        "standing_orders"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["standing_orders", "standing_order_runs"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::OrderRows::from(fold::fold(commits)?)))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[
            SumColumn { table: "standing_orders", column: "amount", by: Some("asset") },
            SumColumn { table: "standing_orders", column: "runs", by: Some("status") },
        ]
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside.
        if event.is_some_and(|event| !self.uses(event.event_type().name)) {
            return Vec::new();
        }
        // Whose list lacks the order while its placing is parked.
        let owner = match event {
            Some(Event::StandingOrder(StandingOrderEvent::Placed(placed))) => Some(placed.owner.to_string()),
            _ => None,
        };
        std::iter::once(stream.to_string()).chain(owner).collect()
    }
}
