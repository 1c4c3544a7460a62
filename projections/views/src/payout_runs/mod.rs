//! The view `payout_runs`: every payout run with its rows, and what came of each.

mod fold;
mod rows;

use events::recorded::{Event, PayoutRunEvent};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows, SumColumn};

/// The view `payout_runs`.
#[derive(Clone, Copy, Debug)]
pub struct PayoutRuns;

impl Projection for PayoutRuns {
    type Event = Event;

    fn name(&self) -> &'static str {
        "payout_runs"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["payout_runs", "payout_chunks", "payout_rows", "payout_results"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::is_used(event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::PayoutTables::from(fold::fold(commits)?)))
    }

    fn sums(&self) -> &'static [SumColumn] {
        const fn of_runs(column: &'static str) -> SumColumn {
            SumColumn { table: "payout_runs", column, by: Some("asset") }
        }
        const SUMS: &[SumColumn] =
            &[of_runs("total"), of_runs("paid"), SumColumn { table: "payout_rows", column: "amount", by: None }];
        SUMS
    }

    // The rows of a chunk and the events of its run lead to the same tables in any order: the rows stand under the stream of the
    // chunk, which is all that their event knows.
    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside.
        if event.is_some_and(|event| !self.uses(event.event_type().name)) {
            return Vec::new();
        }
        // Whose list lacks the run while its opening is parked.
        let opener = match event {
            Some(Event::PayoutRun(PayoutRunEvent::Opened(opened))) => Some(opened.opened_by.id.to_string()),
            _ => None,
        };
        std::iter::once(stream.to_string()).chain(opener).collect()
    }
}
