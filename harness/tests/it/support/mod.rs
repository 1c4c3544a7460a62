//! What the tests stand on.

pub mod freezer;
mod journal;
mod ledger;
mod old_transactions;
mod page;
pub mod people;
mod replay;
pub mod teller;
mod town;
mod wait;

pub use journal::{Crowd, Journal};
pub use ledger::Ledger;
pub use old_transactions::{OldWorker, begin_with_old_transactions};
pub use page::Page;
pub use replay::replay;
pub use teller::{Answer, Teller, fresh_key, money};
pub use town::{ALL, Town};
pub use wait::eventually;
