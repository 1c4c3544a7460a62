//! Members: sign-ups, contacts, passwords and erasures, on the real vault.

mod asking_again;
mod crashes;
mod erasing;
mod faulty_vault;
mod leaks;
mod office;
mod races;
mod signing_up;
mod staying;
pub mod town;
