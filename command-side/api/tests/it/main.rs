//! The routes as clients meet them, with a bank that answers what the test says.

mod answers;
mod bad_input;
mod callers;
mod description;
mod outcomes;
mod support;
