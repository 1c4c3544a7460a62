//! A bank of real processes with databases of its own, its clients, and a fold of its log that shares no code with it.

#![allow(missing_docs, reason = "fields and errors are read in the tests that use them")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
mod ledger;
#[cfg(feature = "generations")]
mod old_transactions;
mod staff;
mod test_app;
mod wait;

pub use client::{Answer, TestClient, fresh_key, money};
pub use ledger::{Account, Ledger, Posted};
#[cfg(feature = "generations")]
pub use old_transactions::{OldWorker, begin_with_old_transactions};
pub use staff::Staff;
pub use test_app::{ALL, TestApp, all_items};
pub use wait::eventually;
