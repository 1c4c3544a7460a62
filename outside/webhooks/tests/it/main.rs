//! The sender by its parts; whole, with a bank and receivers that fail, it is tested in `testkit/tests/it/webhook_delivery`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod addresses;
mod attempts;
mod endpoint;
mod follow;
mod receiver;
mod schedule;
mod signatures;
mod ssrf;
mod store;
