//! The view `transactions`: every change of every balance, and which position a time stands for.

mod fold;
mod rows;

use contracts::recorded::{MemberRecorded, Recorded};
use projection_engine::{Commit, Fault, Projection, Rows};

/// The view `transactions`.
#[derive(Clone, Copy, Debug)]
pub struct Transactions;

impl Projection for Transactions {
    type Event = Recorded;

    fn name(&self) -> &'static str {
        "transactions"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["entries", "ticks"]
    }

    fn uses(&self, event_type: &str) -> bool {
        !(fold::UNUSED.contains(&event_type) || MemberRecorded::is_named(event_type))
    }

    fn fold(&self, commits: &[&Commit<Recorded>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold::fold(commits)?))
    }
}
