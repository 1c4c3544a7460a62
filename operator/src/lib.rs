//! `jangbu`, the operator's command line: tokens, migrations, health, views and the log.
//!
//! It moves no money: what changes an account goes through the command API like everybody's.

mod cli;
mod config;
mod env_file;
mod failure;
pub mod keys;
mod output;
mod token;

pub use cli::main;
