//! A projector in this process, with a real Postgres and a real NATS.

mod fixture;
mod stream;
mod trouble;
