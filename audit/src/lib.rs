//! The auditor. It reads the whole log and all views and proves that they are what they should be.
//!
//! It is an oracle of its own: it shares the reading of payloads with the rest of Jangbu (`events::recorded`), and
//! no rule, no fold and no query. Memory grows with the number of accounts, not with the length of the log: rows are
//! compared by digests in buckets, and only the rows of buckets that differ are looked at one by one.

#![allow(missing_docs, reason = "a report's fields are named by what they hold")]

mod assemble;
mod audit;
mod books;
mod error;
mod findings;
mod ledger;
mod pass;
mod report;
mod rows;
mod snapshot;
mod source;
mod sum;
mod transfers;
mod versions;
mod views;

pub use audit::{Auditor, Connections};
pub use books::View;
pub use error::AuditError;
pub use findings::Check;
pub use pass::Reporter;
pub use report::{LogReport, Report, SumReport, TableReport, ViewReport};
