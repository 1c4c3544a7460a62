//! A bank of real processes, and what can be done to it: killed, stopped, its servers taken away.

mod bank;
mod binaries;
mod jangbu;
mod servers;
mod tcp_proxy;

pub use bank::{Bank, BankPlan, MAIL_FROM, PUSH_PATH, Part, Post};
pub use binaries::{beside_this_program, built_for_tests};
pub use jangbu::{CommandOutput, Jangbu};
pub use servers::TestServers;
pub use tcp_proxy::TcpProxy;
