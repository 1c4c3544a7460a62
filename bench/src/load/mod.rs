//! A load generator that costs little: it shares two cores with all it measures.
//!
//! Connections are raw keep-alive TCP, requests are made beforehand and only patched, of an answer no more than the status and the
//! length is read, and everything runs on one thread, whose own share of a core is part of the report.
//!
//! A closed loop sends the next request when the last one is answered: it finds the highest rate. An open loop sends at
//! a given rate whatever the answers do, and counts latency from the moment the request was due, so a server that
//! stalls is charged for every request that should have been sent meanwhile (no coordinated omission).

mod clients;
mod cpu;
mod fleet;
mod login_flood;
mod readers;
mod report;
mod run;
mod sampler;
mod sink;
mod streams;
mod template;
#[cfg(test)]
mod tests;
mod webhooks;
mod workload;

pub use clients::Credentials;
pub use cpu::ThreadCpu;
pub use fleet::{Fleet, FleetPlan, FundedAccount};
pub use login_flood::{FloodAnswers, FloodSource, LoginFlood};
pub use readers::{Readers, ReadersPlan, Readings};
pub use report::{Latencies, Report};
pub use run::{Load, Pace, Routing};
pub use sampler::{Freshness, FreshnessPlan, sample_freshness};
pub use sink::Sink;
pub use streams::{Streams, StreamsFound};
pub use testkit::connection::{Connection, Reply, Request};
pub use webhooks::{Holds, Webhook, WebhookFound};
pub use workload::Workload;
