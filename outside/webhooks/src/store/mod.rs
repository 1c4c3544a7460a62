//! What the sender keeps, in the schema `webhooks` of the views database. All of its SQL.
//!
//! Everything is written in transactions that lock the row of the cursor and compare the epoch: a sender that was suspended, and that
//! another one has followed, writes nothing any more.

mod base;
mod cursor;
mod deliveries;
mod due;
mod endpoints;
mod housekeeping;
mod page;
mod recoveries;
mod results;

pub use base::{Store, StoreError};
pub use cursor::Cursor;
pub use deliveries::{NewDelivery, Order};
pub use due::{DueDelivery, Room};
pub use housekeeping::Backlog;
pub use page::PageWrite;
pub use recoveries::Recovery;
pub use results::{Attempt, Status, Tried};
