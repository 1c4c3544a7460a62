//! The whole server, in this process, on a real Postgres.

mod away;
mod channels;
mod ending;
mod working;
mod world;
