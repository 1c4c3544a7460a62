//! A projector in this process, with a real Postgres and a real NATS.

mod stream;
mod trouble;
mod world;
