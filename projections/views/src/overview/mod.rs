//! The view `overview`: totals of each asset, and transfers counted by minute, hour and day.

mod activity;
mod bulk;
mod fold;
mod rows;
mod states;

use events::recorded::Event;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `overview`.
#[derive(Clone, Copy, Debug)]
pub struct Overview;

impl Projection for Overview {
    type Event = Event;

    fn name(&self) -> &'static str {
        "overview"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["asset_totals", "activity"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn rest(&self) -> u32 {
        // With the default pace it moves every 100 to 200 ms while the log is busy. Nobody looks for their own payment here.
        5
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold::fold(commits)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::AddUp))
    }

    fn sums(&self) -> &'static [SumColumn] {
        const fn sum(table: &'static str, column: &'static str) -> SumColumn {
            SumColumn { table, column, by: Some("asset") }
        }
        const SUMS: &[SumColumn] =
            &[sum("asset_totals", "member_sum"), sum("asset_totals", "system_sum"), sum("activity", "posted_volume")];
        SUMS
    }
}
