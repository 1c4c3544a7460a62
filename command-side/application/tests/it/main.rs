//! The executor and the members' use cases on a log in memory that can fail at every point where Postgres can; the vault is
//! the real one. The same behaviour on the real log is shown by the end-to-end tests.

mod ahead;
mod approvals;
mod approvals_independent;
mod approvals_stale;
mod client;
mod compound;
mod engine;
mod exchange;
mod fairness;
mod faults;
mod holds;
mod items;
mod kinds;
mod legs;
mod limits;
mod members;
mod memory_log;
mod memory_processes;
mod mixed;
mod money;
mod operators;
mod order_runs;
mod orders;
mod payment_codes;
mod payout_runs;
mod payouts;
mod processes;
mod replay;
mod revoked;
mod sharing;
mod webhooks;
