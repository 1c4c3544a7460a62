//! The auditor: follows the log, holds it against every rule of the books, and raises an alarm that stops all appends when one is
//! broken.

mod checkpoint;
mod config;
mod follow;
mod run;
mod status;

pub use config::Config;
pub use run::run;
