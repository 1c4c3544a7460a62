//! The view `members`: every member, with personal data sealed as in the events, and how many are in each state.

mod fold;
mod rows;

use events::recorded::Event;
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `members`.
#[derive(Clone, Copy, Debug)]
pub struct Members;

impl Projection for Members {
    type Event = Event;

    fn name(&self) -> &'static str {
        "members"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["members", "member_counts"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::MemberRows::from(fold::fold(commits)?)))
    }
}
