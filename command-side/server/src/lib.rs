//! The command server: wiring only. It names every part and holds no rule.

mod auth_slot;
mod bank_slot;
pub mod channels;
mod config;
mod executor;
mod members;
mod run;
mod tokens;

pub use config::{Config, MemberConfig};
pub use run::run;
