//! The harness: everything that runs Jangbu for tests, demonstrations and measurements, and nothing that runs it for
//! customers.

pub mod bench;
pub mod chaos;
pub mod client;
pub mod kit;
pub mod load;
pub mod mail;
pub mod search;
