//! The command server: wiring only. It names every part and holds no rule.

pub mod channels;
mod config;
mod door;
mod front_door;
mod office;
mod people;
mod run;
mod tokens;

pub use config::{Config, MemberConfig};
pub use run::run;
