//! The routes as clients meet them, with a bank that answers what the test says.

mod answers;
mod approvals;
mod bad_input;
mod bad_people;
mod bank;
mod callers;
mod commands;
mod description;
mod holds;
mod items;
mod limits;
mod more_commands;
mod operators;
mod outcomes;
mod partners;
mod payment_codes;
mod payouts;
mod people;
mod processes;
mod reply;
mod standing_orders;
mod support;
mod transfer_answers;
mod webhooks;
