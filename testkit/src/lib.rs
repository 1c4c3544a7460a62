//! What tests, demonstrations and measurements run Jangbu with, and nothing that runs it for customers.

pub mod app;
pub mod chaos;
pub mod client;
#[cfg(feature = "generations")]
pub mod compound;
pub mod connection;
pub mod kit;
pub mod mail;
pub mod search;
