//! Histories against a real Postgres. Run with `./justw test`.

mod histories;
mod world;
