//! `jangbu`, the operator's command line: tokens, migrations, health, views and the log.
//!
//! It moves no money: what changes an account goes through the command API like everybody's.

mod accounts;
mod approvals;
pub mod archive;
mod audit;
mod call;
mod cli;
mod commands;
mod config;
mod db;
mod doctor;
mod env_file;
mod failure;
mod http;
mod internal_keys;
mod key_ids;
pub mod keys;
mod leader;
mod log;
mod log_tables;
mod members;
mod migrate;
mod operators;
mod output;
mod payouts;
mod processes;
mod repair;
mod schema;
mod slice_keys;
mod token;
mod vault;
mod verify;
mod views;

pub use cli::main;
