//! What the tests stand on.

pub mod freezer;
mod journal;
mod page;
pub mod people;
mod replay;

pub use journal::{Crowd, Journal};
pub use page::Page;
pub use replay::replay;
pub use testkit::app::{
    ALL, Answer, Ledger, OldWorker, TestApp, TestClient, begin_with_old_transactions, eventually, fresh_key, money,
};
