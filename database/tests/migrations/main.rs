//! Histories against a real Postgres. Run with `./justw test`.

mod fixture;
mod histories;
