//! The log against a real Postgres. Run with `./justw test`.

mod append;
mod audit;
mod browse;
mod commit_rows;
mod fences;
mod fixture;
mod leader;
mod locks;
mod outcomes;
mod processes;
mod ranges;
mod reads;
mod select;
