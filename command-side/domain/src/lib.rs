//! The rules of the bank: what an account, a transfer and a member may do. Pure: no I/O, no clock, no randomness.
//!
//! Each aggregate is a state, `evolve` (a recorded event changes the state) and `decide` functions (a state and a request give
//! events or a [`Refusal`]). Knows nothing of HTTP, JSON, SQL or the log.

mod account;
pub mod characters;
mod evolve;
mod limits;
pub mod member;
mod movement;
mod owner;
mod refusal;
mod transfer;

pub use account::{ACCOUNT_STATE_SCHEMA, Account, Status};
pub use evolve::EvolveError;
pub use limits::{Limits, LimitsError};
pub use movement::{Movement, payment, payments};
pub use owner::Owner;
pub use refusal::Refusal;
pub use transfer::Transfer;
