//! The publisher: makes public events of the log and publishes them to JetStream, in order.
//!
//! The stream is made from the log and can be made again. What keeps it in order is that every message names the sequence it must follow:
//! one that is lost, doubled or late breaks the row, and then the publisher reads the end of the stream and goes on from there.

mod config;
mod flight;
mod pump;
mod resume;
mod run;
mod standby;
mod status;
mod stream;

pub use config::Config;
pub use run::run;
