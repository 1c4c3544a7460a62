//! The binary, as an operator uses it, on real databases.

mod accounts;
mod bank;
mod cli;
mod damage;
mod doctor;
mod history;
mod keys;
mod reading;
mod run;
mod server;
mod verify;
mod world;
