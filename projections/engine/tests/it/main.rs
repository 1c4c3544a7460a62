//! The engine against a real Postgres, with a small view of its own.

mod chaos;
mod delivery;
mod faults;
mod registry;
mod tally;
