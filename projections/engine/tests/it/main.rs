//! The engine against a real Postgres, with a small view of its own.

mod bulk_tally;
mod chaos;
mod delivery;
mod faults;
mod histories;
mod moving;
mod readers;
mod rebuild;
mod registry;
mod silent;
mod slow_logs;
mod tally;
mod together;
mod zones;
