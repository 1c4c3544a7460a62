//! The view `approvals`: what operators asked for that a second one has to approve, and what became of it.

mod fold;
mod rows;

use events::recorded::{ApprovalEvent, Event};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `approvals`.
#[derive(Clone, Copy, Debug)]
pub struct Approvals;

impl Projection for Approvals {
    type Event = Event;

    fn name(&self) -> &'static str {
        "approvals"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["approvals"]
    }

    fn uses(&self, event_type: &str) -> bool {
        ApprovalEvent::NAMES.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::ApprovalRows::from(fold::fold(commits)?)))
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        match event {
            // What changes nothing here is never put aside.
            Some(event) if !self.uses(event.event_type().name) => Vec::new(),
            _ => vec![stream.to_string()],
        }
    }
}
