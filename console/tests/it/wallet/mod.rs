//! The wallet.

pub mod bank;
mod drawn;
mod exchange;
mod forms;
mod money;
mod outside;
mod pages;
mod reset;
mod session;
mod settled;
mod things;
