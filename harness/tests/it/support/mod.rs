//! What the tests stand on.

mod journal;
mod ledger;
mod replay;
mod teller;
mod town;
mod wait;

pub use journal::{Crowd, Journal};
pub use ledger::Ledger;
pub use replay::replay;
pub use teller::{Answer, Teller, money};
pub use town::{ALL, Town};
pub use wait::eventually;
