//! A projector in this process, with a real Postgres and a real NATS.

mod failures;
mod fixture;
mod stream;
