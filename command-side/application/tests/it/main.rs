//! The executor on a log in memory that can fail at every point where Postgres can. The same behaviour on the real log is
//! shown by the end-to-end tests.

mod faults;
mod memory_log;
mod money;
mod replay;
mod sharing;
mod teller;
