//! The view `transfers`: every transfer, posted or rejected.

mod bulk;
mod fold;
mod rows;

use events::recorded::{AccountEvent, Event};
use kernel::StreamId;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `transfers`.
#[derive(Clone, Copy, Debug)]
pub struct Transfers;

impl Projection for Transfers {
    type Event = Event;

    fn name(&self) -> &'static str {
        "transfers"
    }

    fn version(&self) -> i32 {
        6
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["transfers"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        let folded = fold::fold(commits.iter().copied())?;
        Ok(Box::new(rows::TransferRows::new(&folded.rows, folded.reversed)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::InOrder))
    }

    fn new_columns(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("transfers", "postings"),
            ("transfers", "asked_by"),
            ("transfers", "service"),
            ("transfers", "hold_id"),
            ("transfers", "despite_freeze"),
            ("transfers", "item_id"),
            ("transfers", "offer_id"),
            ("transfers", "order_id"),
        ]
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "transfers", column: "amount", by: Some("asset") }]
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // Everything about a transfer is one row.
        vec![match event {
            Some(Event::Account(AccountEvent::Debited(debited))) => debited.transfer.to_string(),
            Some(Event::Account(AccountEvent::Credited(credited))) => credited.transfer.to_string(),
            _ => stream.to_string(),
        }]
    }
}
