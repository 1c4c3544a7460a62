//! The view `transfers`: every transfer, posted or rejected.

mod fold;
mod rows;

use contracts::recorded::{MemberRecorded, Recorded};
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `transfers`.
#[derive(Clone, Copy, Debug)]
pub struct Transfers;

impl Projection for Transfers {
    type Event = Recorded;

    fn name(&self) -> &'static str {
        "transfers"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["transfers"]
    }

    fn uses(&self, event_type: &str) -> bool {
        !(fold::UNUSED.contains(&event_type) || MemberRecorded::is_named(event_type))
    }

    fn fold(&self, commits: &[&Commit<Recorded>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold::fold(commits)?))
    }
}
