//! What every server of Jangbu needs and no bank word: problems, authentication, extractors, the HTTP edge, the
//! operator's routes, telemetry and shutdown.

pub mod auth;
pub mod extract;
pub mod http;
pub mod openapi;
pub mod ops;
pub mod problem;
pub mod shutdown;
pub mod telemetry;
