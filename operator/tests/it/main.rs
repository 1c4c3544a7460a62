//! The binary, as an operator uses it, on real databases.

mod accounts;
mod adopt;
mod archive;
mod archive_ranges;
mod archive_rebuild;
mod archive_s3;
mod bank;
mod cli;
mod damage;
mod databases;
mod doctor;
mod every_column;
mod held;
mod history;
mod keys;
mod members;
mod processes;
mod projecting;
mod reading;
mod rebuild;
mod rebuild_together;
mod run;
mod schema;
mod server;
mod vault;
mod verify;
