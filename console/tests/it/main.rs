//! The console over HTTP, with other servers that say what a test wants. The real ones are in `testkit`.

mod absent;
mod acts;
mod app;
mod bank;
mod browser;
mod escaping;
mod fields;
mod forms;
mod headers;
mod holds;
mod languages;
mod lists;
mod live;
mod log_in;
mod operations;
mod payouts;
mod secrets;
mod shown_again;
mod sizes;
mod stub;
mod traces;
mod urls;
mod vendored;
mod wallet;
mod webhooks;
