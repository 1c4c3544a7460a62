//! The whole server, in this process, on a real Postgres.

mod app;
mod away;
mod channels;
mod ending;
mod key_rotation;
mod log_ins;
mod password_resets;
mod people;
mod person;
mod working;
