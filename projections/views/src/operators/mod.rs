//! The view `operators`: everybody who runs the bank with an account, and all that they did, with their reasons.

mod fold;
mod rows;

use events::recorded::{Event, OperatorActed, OperatorAdded, OperatorDisabled, OperatorEnabled, OperatorRoleSet};
use kernel::StreamId;
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `operators`.
#[derive(Clone, Copy, Debug)]
pub struct Operators;

/// The types whose events change something here.
const USED: &[&str] =
    &[OperatorAdded::NAME, OperatorRoleSet::NAME, OperatorDisabled::NAME, OperatorEnabled::NAME, OperatorActed::NAME];

impl Projection for Operators {
    type Event = Event;

    fn name(&self) -> &'static str {
        "operators"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["operators", "operator_actions"]
    }

    fn uses(&self, event_type: &str) -> bool {
        USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::OperatorRows::from(fold::fold(commits))))
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        match event {
            // What changes nothing here is never put aside.
            Some(event) if !self.uses(event.event_type().name) => Vec::new(),
            _ => vec![stream.to_string()],
        }
    }
}
