//! A bank of real processes, and what can be done to it: killed, stopped, cut off from its servers, lied to.

mod bank;
mod binaries;

pub use bank::{Bank, BankPlan, Part};
pub use binaries::{beside_this_program, built_for_tests};
