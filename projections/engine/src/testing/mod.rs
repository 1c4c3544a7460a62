//! For the tests of views: a log in memory, databases of their own, and workers that can be killed.

mod database;
mod memory_log;
mod random;
mod worker;

pub use database::Scratch;
pub use memory_log::MemoryLog;
pub use random::Random;
pub use worker::{Post, Worker, brisk};
