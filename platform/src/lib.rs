//! What every server of Jangbu needs and no bank word: problems, authentication, extractors, the HTTP edge, the
//! operator's routes, telemetry and shutdown.

pub mod auth;
pub mod extract;
pub mod http;
#[cfg(feature = "nats")]
pub mod nats;
pub mod openapi;
pub mod ops;
pub mod problem;
pub mod shutdown;
pub mod telemetry;
