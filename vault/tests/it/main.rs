//! The vault against a real Postgres, and against what stands in for HashiCorp Vault.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod credentials;
mod devices;
mod erasures;
mod fixture;
mod key_epochs;
mod key_file;
mod keyring;
mod keys;
mod messages;
mod networks;
mod operators;
mod partners;
mod password_resets;
mod passwords;
mod revocation_readers;
mod roles;
mod sealing;
mod sessions;
mod transit;
mod transit_server;
