//! The projector: wiring only. It brings slices from JetStream, and the log where they are missing, to every view.

mod config;
mod feed;
mod horizon;
mod probes;
mod run;
mod seal_check;

pub use config::Config;
pub use run::run;
