//! What the bank shows: for each view the rule by which events become rows, and its SQL. The engine does the rest.

mod accounts;
mod approvals;
mod copy;
mod fault;
mod holds;
mod items;
mod limits;
mod members;
mod operators;
mod overview;
mod partners;
mod payout_runs;
mod processes;
mod standing_orders;
mod top_movers;
mod transactions;
mod transfers;
mod webhooks;
mod wide;

use std::sync::Arc;

pub use accounts::{AccountSeed, Accounts, Seed, SeedStatus, SeededAccounts};
pub use approvals::Approvals;
use events::recorded;
pub use holds::Holds;
pub use items::Items;
use kernel::Zone;
pub use limits::Limits;
pub use members::Members;
pub use operators::Operators;
pub use overview::Overview;
pub use partners::Partners;
pub use payout_runs::PayoutRuns;
pub use processes::Processes;
use projection_engine::{Decode, Projection};
pub use standing_orders::StandingOrders;
pub use top_movers::TopMovers;
pub use transactions::Transactions;
pub use transfers::Transfers;
pub use webhooks::Webhooks;

/// A view of this bank.
pub type View = Arc<dyn Projection<Event = recorded::Event>>;

/// Every view. Those that count by day are in UTC here: the engine takes them in the zone of the generation that it writes.
pub fn all() -> Vec<View> {
    vec![
        Arc::new(Accounts),
        Arc::new(Transactions),
        Arc::new(Transfers),
        Arc::new(Overview { zone: Zone::UTC }),
        Arc::new(Members),
        Arc::new(TopMovers { zone: Zone::UTC }),
        Arc::new(Holds),
        Arc::new(Limits),
        Arc::new(Items),
        Arc::new(StandingOrders),
        Arc::new(PayoutRuns),
        Arc::new(Webhooks),
        Arc::new(Processes),
        Arc::new(Partners),
        Arc::new(Operators),
        Arc::new(Approvals),
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
