//! The view `accounts`: every account with its balance and state.

mod bulk;
mod fold;
mod rows;
mod seeded;

pub use self::seeded::{AccountSeed, Seed, SeedStatus, SeededAccounts};
use events::recorded::{AccountEvent, AccountOpened, Event, Holder};
use kernel::StreamId;
use projection_engine::{Bulk, Commit, Fault, Projection, Rows, SumColumn};

/// The view `accounts`.
#[derive(Clone, Copy, Debug)]
pub struct Accounts;

impl Projection for Accounts {
    type Event = Event;

    fn name(&self) -> &'static str {
        "accounts"
    }

    fn version(&self) -> i32 {
        2
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["accounts"]
    }

    fn uses(&self, event_type: &str) -> bool {
        fold::USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        // What changes nothing here is never put aside.
        if event.is_some_and(|event| !self.uses(event.event_type().name)) {
            return Vec::new();
        }
        // Whose list lacks the account while its opening is parked.
        let owner = match event {
            Some(Event::Account(AccountEvent::Opened(AccountOpened {
                holder: Holder::Member { owner, .. }, ..
            }))) => Some(owner.to_string()),
            Some(Event::Account(AccountEvent::Opened(_))) => Some("system".to_owned()),
            _ => None,
        };
        std::iter::once(stream.to_string()).chain(owner).collect()
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(rows::AccountRows::from(fold::fold(commits)?)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(bulk::LastWord))
    }

    fn new_columns(&self) -> &'static [(&'static str, &'static str)] {
        &[("accounts", "held"), ("accounts", "freeze")]
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "accounts", column: "balance", by: Some("asset") }]
    }
}
