//! What the tests stand on.

mod checks;
pub mod freezer;
mod html;
pub mod identity_provider;
mod journal;
mod listener;
mod log_clock;
mod page;
pub mod payout;
pub mod people;
mod plain_browser;
mod replay;
pub mod visitor;

pub use checks::{count_on, rounds, verify};
pub use journal::{Crowd, Journal};
pub use listener::{Frame, Listener};
pub use log_clock::{EarlyTimers, LogClock};
pub use page::Page;
pub use plain_browser::PlainBrowser;
pub use replay::replay;
pub use testkit::app::{
    ALL, Answer, Ledger, OldWorker, TestApp, TestClient, begin_with_old_transactions, eventually, fresh_key, money,
};
