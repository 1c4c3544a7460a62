//! What the bank shows: for each view the rule by which events become rows, and its SQL. The engine does the rest.

mod accounts;
mod copy;
mod fault;
mod members;
mod overview;
mod top_movers;
mod transactions;
mod transfers;
mod wide;

use std::sync::Arc;

pub use accounts::{AccountSeed, Accounts, Seed, SeedStatus, SeededAccounts};
use events::recorded;
pub use members::Members;
pub use overview::Overview;
use projection_engine::{Decode, Projection};
pub use top_movers::TopMovers;
pub use transactions::Transactions;
pub use transfers::Transfers;

/// A view of this bank.
pub type View = Arc<dyn Projection<Event = recorded::Event>>;

/// Every view.
pub fn all() -> Vec<View> {
    vec![
        Arc::new(Accounts),
        Arc::new(Transactions),
        Arc::new(Transfers),
        Arc::new(Overview),
        Arc::new(Members),
        Arc::new(TopMovers),
    ]
}

/// The name of every view.
pub fn names() -> Vec<&'static str> {
    all().iter().map(|view| view.name()).collect()
}

/// Reads the recorded events of this bank.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decoder;

impl Decode for Decoder {
    type Event = recorded::Event;

    fn decode(&self, event: &log::Event) -> Result<recorded::Event, String> {
        recorded::Event::decode(&event.event_type, event.schema_version, &event.payload).map_err(|error| {
            use std::error::Error;
            error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
        })
    }
}
