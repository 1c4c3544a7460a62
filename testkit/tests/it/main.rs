//! End-to-end tests: real processes, real Postgres, real NATS, through the public HTTP API.
//!
//! Each test has its own databases and stream, and leaves through `TestApp::close`, which folds the log independently and compares
//! the views with the fold. Nothing here asserts on time: conditions are waited for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod adversary;
mod auditor;
mod bad_input;
mod bad_tokens;
mod batch;
mod detached;
mod earlier_bank;
mod erased;
mod expected_schema;
mod hammer;
mod history;
mod hostile;
mod idempotency;
mod kill;
mod kill_members;
mod legs;
mod look_up;
mod member_races;
mod one_leader;
mod oversized;
mod restart;
mod reverse;
mod runbook_restore;
mod runbooks;
mod sabotage;
mod shutdown;
mod signing_up;
mod small_client;
mod support;
mod taken_port;
mod view_lists;
