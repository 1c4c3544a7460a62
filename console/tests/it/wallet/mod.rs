//! The wallet.

mod bank;
mod forms;
mod money;
mod pages;
mod session;
mod things;
