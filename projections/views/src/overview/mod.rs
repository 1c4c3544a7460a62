//! The view `overview`: totals of each asset and of the bank, and transfers and refusals counted by time.

mod activity;
mod bulk;
mod counts;
mod fold;
mod records;
mod refusals;
mod rows;
mod states;

use std::sync::Arc;

use events::recorded::Event;
use kernel::Zone;
use projection_engine::{Bulk, Commit, DayColumn, Fault, Projection, Rows, SumColumn};

/// The view `overview`.
#[derive(Clone, Copy, Debug)]
pub struct Overview {
    /// The zone whose days it counts.
    pub zone: Zone,
}

impl Projection for Overview {
    type Event = Event;

    fn name(&self) -> &'static str {
        "overview"
    }

    fn version(&self) -> i32 {
        2
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["asset_totals", "activity", "bank_counts", "refusals"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::is_used(event_type) || !Event::is_named(event_type)
    }

    fn rest(&self) -> u32 {
        // With the default pace it moves every 100 to 200 ms while the log is busy. Nobody looks for their own payment here.
        5
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold::fold(commits, self.zone)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::AddUp { zone: self.zone }))
    }

    fn new_columns(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("asset_totals", "held"),
            ("asset_totals", "open_holds"),
            ("bank_counts", "*"),
            ("refusals", "*"),
            ("record_states", "*"),
        ]
    }

    fn in_zone(&self, zone: Zone) -> Option<Arc<dyn Projection<Event = Event>>> {
        Some(Arc::new(Self { zone }))
    }

    fn day_columns(&self) -> &'static [DayColumn] {
        &[DayColumn { table: "activity", column: "bucket_start", only: Some("bucket = 'day'") }]
    }

    fn sums(&self) -> &'static [SumColumn] {
        const fn sum(table: &'static str, column: &'static str) -> SumColumn {
            SumColumn { table, column, by: Some("asset") }
        }
        const SUMS: &[SumColumn] = &[
            sum("asset_totals", "member_sum"),
            sum("asset_totals", "system_sum"),
            sum("asset_totals", "held"),
            sum("activity", "posted_volume"),
        ];
        SUMS
    }
}
