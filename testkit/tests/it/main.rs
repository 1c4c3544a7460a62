//! End-to-end tests: real processes, real Postgres, real NATS, through the public HTTP API.
//!
//! Each test has its own databases and stream, and leaves through `TestApp::close`, which folds the log independently and compares
//! the views with the fold. Nothing here asserts on time: conditions are waited for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod adversary;
mod approvals;
mod auditor;
mod bad_input;
mod bad_tokens;
mod bank_payouts;
mod batch;
mod browser;
mod clocks;
mod console_reads;
mod console_security;
mod detached;
mod earlier_bank;
mod erased;
mod exchange;
mod expected_schema;
mod first_steps;
mod freeze_scope;
mod gift_cards;
mod hammer;
mod history;
mod holds;
mod hostile;
mod http_methods;
mod idempotency;
mod items;
mod kill;
mod kill_members;
mod kill_money;
mod legs;
mod limits;
mod live_stream;
mod look_up;
mod member_races;
mod money_model;
mod money_races;
mod one_leader;
mod operators;
mod outside;
mod outside_kills;
mod outside_kinds;
mod outside_troubles;
mod oversized;
mod partners;
mod payment_codes;
mod payouts;
mod promotions;
mod public_events;
mod push;
mod references;
mod restart;
mod reverse;
mod runbook_people;
mod runbook_restore;
mod runbooks;
mod sabotage;
mod shutdown;
mod signing_up;
mod small_client;
mod standing_orders;
mod support;
mod taken_port;
mod top_ups;
mod traces;
mod transfer_answers;
mod view_lists;
mod views_over_http;
mod webhook_delivery;
mod webhooks;
