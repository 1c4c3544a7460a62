//! The projector: wiring only. It brings slices from JetStream, and the log where they are missing, to every view.

mod config;
mod feed;
mod gatekeeper;
mod horizon;
mod probes;
mod run;

pub use config::Config;
pub use run::run;
