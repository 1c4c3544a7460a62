//! What the tests stand on.

mod app;
pub mod client;
pub mod freezer;
mod journal;
mod ledger;
mod old_transactions;
mod page;
pub mod people;
mod replay;
mod wait;

pub use app::{ALL, TestApp};
pub use client::{Answer, TestClient, fresh_key, money};
pub use journal::{Crowd, Journal};
pub use ledger::Ledger;
pub use old_transactions::{OldWorker, begin_with_old_transactions};
pub use page::Page;
pub use replay::replay;
pub use wait::eventually;
