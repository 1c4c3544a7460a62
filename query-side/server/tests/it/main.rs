//! The query server over HTTP, on a real Postgres: each test has a database of its own with the tables of every view,
//! of the log and of the vault, filled by SQL.

mod access;
mod app;
mod approvals;
mod balance;
mod bodies;
mod dashboard;
mod document;
mod freshness;
mod holds;
mod items;
mod limits;
mod lists;
mod long_history;
mod long_lists;
mod look_ups;
mod members;
mod operators;
mod outages;
mod partners;
mod payout_runs;
mod revocations;
mod standing_orders;
mod webhooks;
