//! The webhook sender: follows the log, keeps what is to be sent to whom, and sends it until it is taken or given up.
//!
//! - A delivery and the cursor that is moved past its event are one transaction: no event is missed and none is made twice.
//! - A delivery is sent at least once: a sender that dies between the answer and its row sends again, with the same `webhook-id`.
//! - Deliveries of one account to one webhook go one after the other, in the order of the log, until one has failed four times.
//! - It connects to addresses of the public internet alone, which are checked when it connects ([`addresses`]).

mod active;
pub mod addresses;
mod advance;
pub mod audience;
pub mod client;
mod config;
mod deliver;
pub mod endpoint;
mod example;
pub mod follow;
pub mod health;
mod history;
pub mod names;
mod run;
pub mod schedule;
mod sender;
pub mod signing;
mod standby;
mod status;
pub mod store;

pub use config::Config;
pub use run::run;
