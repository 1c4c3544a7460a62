//! The whole server, in this process, on a real Postgres.

mod away;
mod channels;
mod ending;
mod people;
mod person;
mod working;
mod world;
