//! The query server over HTTP, on a real Postgres: each test has a database of its own with the tables of all four views
//! and of the log, filled by SQL.

mod access;
mod balance;
mod bodies;
mod document;
mod freshness;
mod lists;
mod long_history;
mod outages;
mod world;
