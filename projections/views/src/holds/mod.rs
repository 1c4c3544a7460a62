//! The view `holds`: every hold, and what has become of it.

mod bulk;
mod fold;
mod rows;

use events::recorded::{Event, HoldEvent};
use kernel::StreamId;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `holds`.
#[derive(Clone, Copy, Debug)]
pub struct Holds;

impl Projection for Holds {
    type Event = Event;

    fn name(&self) -> &'static str {
        "holds"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["holds"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::HoldRows::from(fold::fold(commits)?)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::LastWord))
    }

    fn sums(&self) -> &'static [SumColumn] {
        const fn sum(column: &'static str) -> SumColumn {
            SumColumn { table: "holds", column, by: Some("asset") }
        }
        const SUMS: &[SumColumn] = &[sum("amount"), sum("captured"), sum("released")];
        SUMS
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside.
        if event.is_some_and(|event| !self.uses(event.event_type().name)) {
            return Vec::new();
        }
        // Whose lists lack the hold while its placing is parked.
        let sides = match event {
            Some(Event::Hold(HoldEvent::Placed(placed))) => [Some(placed.source), placed.destination],
            _ => [None, None],
        };
        std::iter::once(stream.to_string()).chain(sides.into_iter().flatten().map(|side| side.to_string())).collect()
    }
}
