//! The whole server, in this process, on a real Postgres.

mod app;
mod away;
mod channels;
mod ending;
mod people;
mod person;
mod working;
