//! Commands on their way from a server that does not lead to the one that does, and answers on their way back.
//!
//! Knows neither who leads nor what executes: the server says both. A frame (`frame`) has a tag that proves who sent it; a connection begins
//! with a proof of both sides (`handshake`); `forwarder` and `outgoing` are the side that forwards, `server` and `incoming` the side that
//! leads.

mod forwarder;
mod frame;
mod handshake;
mod incoming;
mod keys;
mod message;
mod metric_help;
mod outgoing;
mod server;

pub use forwarder::{ForwardError, Forwarder, ForwarderOptions, Target};
pub use frame::{Direction, FrameError, Nonces, Tagger, read_frame, write_frame};
pub use keys::InternalKeys;
pub use metric_help::describe_metrics;
pub use server::{Followers, serve};
