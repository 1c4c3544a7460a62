//! The load generator against a bank of real processes: what it counts, and what its clients see.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod filled_log;
mod freshness;
mod readers;
