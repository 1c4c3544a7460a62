//! A projector in this process, with a real Postgres and a real NATS.

mod audit;
mod changes;
mod failures;
mod fixture;
mod promotions;
mod repeated;
mod stream;
