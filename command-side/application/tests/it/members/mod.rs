//! Members: sign-ups, contacts, passwords and erasures, on the real vault.

mod answered_transfers;
pub mod app;
mod asking_again;
mod crashes;
mod erasing;
mod faulty_operators;
mod faulty_vault;
mod leaks;
mod password_resets;
mod races;
mod runner;
mod signing_up;
mod spellings;
mod staying;
