//! The view `limits`: the limits that are set, which of them accounts have assigned, and what accounts have used of them.

mod bulk;
mod fold;
mod rows;

use events::recorded::{AccountEvent, Event};
use kernel::StreamId;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `limits`.
#[derive(Clone, Copy, Debug)]
pub struct Limits;

impl Projection for Limits {
    type Event = Event;

    fn name(&self) -> &'static str {
        "limits"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["limits", "limit_assignments", "limit_uses"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::LimitRows::from(fold::fold(commits))))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::LastWord))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "limit_uses", column: "amount", by: Some("name") }]
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside. Most payments count for no limit.
        let changes = match event {
            None | Some(Event::Limits(_) | Event::Account(AccountEvent::LimitsAssigned(_))) => true,
            Some(Event::Account(account)) => !fold::used(account).is_empty(),
            Some(_) => false,
        };
        if changes { vec![stream.to_string()] } else { Vec::new() }
    }
}
