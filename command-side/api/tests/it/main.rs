//! The routes as clients meet them, with a bank that answers what the test says.

mod answers;
mod bad_input;
mod bad_people;
mod callers;
mod commands;
mod description;
mod outcomes;
mod people;
mod support;
