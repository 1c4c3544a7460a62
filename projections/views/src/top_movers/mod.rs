//! The view `top_movers`: how often and how much each account took part in transfers between members, by day.

mod bulk;
mod fold;
mod rows;

use events::recorded::Event;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `top_movers`.
#[derive(Clone, Copy, Debug)]
pub struct TopMovers;

impl Projection for TopMovers {
    type Event = Event;

    fn name(&self) -> &'static str {
        "top_movers"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["movers"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold::fold(commits)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::AddUp))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "movers", column: "volume", by: Some("asset") }]
    }
}
