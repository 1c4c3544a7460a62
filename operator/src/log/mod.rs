//! `jangbu log`: reading the log.

mod adopt;
pub mod convert;
mod found_by;
mod show;
mod tail;
mod text;

pub use adopt::{AdoptArgs, adopt};
pub use convert::{ConvertArgs, convert};
pub use show::{ShowArgs, show};
pub use tail::{TailArgs, tail};
