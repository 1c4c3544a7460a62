//! `jangbu log`: reading the log.

mod adopt;
mod found_by;
mod show;
mod tail;
mod text;

pub use adopt::{AdoptArgs, adopt};
pub use show::{ShowArgs, show};
pub use tail::{TailArgs, tail};
