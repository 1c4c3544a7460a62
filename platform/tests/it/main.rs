//! The edge as clients meet it.

mod auth;
mod edge;
mod ops;
mod serve;
mod support;
