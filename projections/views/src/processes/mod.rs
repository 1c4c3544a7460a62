//! The view `processes`: every process with the outside world, and the steps that it came to.

mod fold;
mod rows;

use events::recorded::{Event, ProcessEvent};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows, SumColumn};

/// The view `processes`.
#[derive(Clone, Copy, Debug)]
pub struct Processes;

impl Projection for Processes {
    type Event = Event;

    fn name(&self) -> &'static str {
        "processes"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["processes", "process_steps"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::ProcessRows::from(fold::fold(commits)?)))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[
            SumColumn { table: "processes", column: "amount", by: Some("asset") },
            SumColumn { table: "process_steps", column: "tries", by: Some("name") },
        ]
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside.
        if event.is_some_and(|event| !self.uses(event.event_type().name)) {
            return Vec::new();
        }
        // Whose list lacks the process while its start is parked.
        let owner = match event {
            Some(Event::Process(ProcessEvent::Started(started))) => Some(started.owner.to_string()),
            _ => None,
        };
        std::iter::once(stream.to_string()).chain(owner).collect()
    }
}
