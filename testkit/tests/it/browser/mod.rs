//! The console and the wallet in a real browser, used as people use them, in front of a bank of real processes. Why like this:
//! docs/decisions/0066. Pictures of all screens are in `target/screenshots/` afterwards.

mod chrome;
mod desk;
mod inspection;
mod keyboard;
mod money;
mod operators;
mod person;
mod pictures;
mod repair;
mod scene;
mod screens;
mod stored_scripts;
mod views;
mod wallet;
mod without_scripts;
