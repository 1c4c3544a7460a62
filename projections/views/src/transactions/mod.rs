//! The view `transactions`: every change of every balance, and which position a time stands for.

mod bulk;
mod fold;
mod rows;

use events::recorded::{AccountEvent, Event, TransferEvent};
use kernel::StreamId;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `transactions`.
#[derive(Clone, Copy, Debug)]
pub struct Transactions;

impl Projection for Transactions {
    type Event = Event;

    fn name(&self) -> &'static str {
        "transactions"
    }

    fn version(&self) -> i32 {
        3
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["entries", "ticks"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold::fold(commits)?))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::InOrder))
    }

    fn new_columns(&self) -> &'static [(&'static str, &'static str)] {
        &[("entries", "reverses")]
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "entries", column: "amount", by: Some("kind") }]
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        let transfer = match event {
            Some(Event::Account(AccountEvent::Debited(debited))) => Some(debited.transfer),
            Some(Event::Account(AccountEvent::Credited(credited))) => Some(credited.transfer),
            _ => None,
        };
        // An entry needs the facts of its transfer: where these are parked, it waits with them.
        std::iter::once(stream.to_string()).chain(transfer.map(|transfer| transfer.to_string())).collect()
    }

    fn is_context(&self, event: &Event) -> bool {
        matches!(event, Event::Transfer(TransferEvent::Posted(_)))
    }
}
