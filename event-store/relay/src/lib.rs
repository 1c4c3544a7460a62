//! The relay: publishes the log to JetStream, in order. It carries bytes and positions, and knows nothing of banking.
//!
//! JetStream is a cache of the log, never the record. What keeps the stream in order is that every message names the
//! sequence it must follow: one that is lost, doubled or late breaks the row, and then the relay reads the tail of the
//! stream and goes on from there.

mod config;
mod cursor_writer;
mod cut;
mod flight;
mod message;
mod pump;
mod resume;
mod run;
mod spans;
mod standby;
mod status;
mod stream;

pub use config::Config;
pub use run::run;
