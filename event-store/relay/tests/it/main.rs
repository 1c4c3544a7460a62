//! The relay against a real Postgres and a real NATS. Run with `./justw test`.

mod failures;
mod fixture;
mod publish;
mod takeover;
