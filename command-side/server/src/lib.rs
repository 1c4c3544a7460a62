//! The command server: wiring only. It names every part and holds no rule.

pub mod channels;
mod config;
mod door;
mod office;
mod run;

pub use config::Config;
pub use run::run;
