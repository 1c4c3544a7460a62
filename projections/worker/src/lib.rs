//! The projector: wiring only. It brings slices from JetStream, and the log where they are missing, to every view.

mod api;
mod changes;
mod config;
mod feed;
mod horizon;
mod operated;
mod probes;
mod run;
mod seal_check;

pub use api::openapi;
pub use config::Config;
pub use run::run;
