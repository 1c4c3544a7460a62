//! The auditor. It reads the whole log and all views and proves that they are what they should be; or it follows a log and proves
//! each commit.
//!
//! It is an oracle of its own: it shares the reading of payloads with the rest of Jangbu (`events::recorded`), and
//! no rule, no fold and no query. Rows are compared by digests in buckets, and only the rows of buckets that differ are looked at one
//! by one: so memory grows with the number of accounts and items, of holds, offers, quotes and standing orders that are active, and of rows of
//! payout runs that are still to be paid, and with the log only by an id for each transfer and where each other stream stands.

#![allow(missing_docs, reason = "a report's fields are named by what they hold")]

mod account;
mod approvals;
mod archived;
mod assemble;
mod audit;
mod books;
mod chain;
mod commit_rows;
mod error;
mod exchange;
mod findings;
mod fold;
mod follow;
mod holds;
mod id_map;
mod items;
mod kept_state;
mod ledger;
mod limits;
mod operators;
mod orders;
mod partners;
mod pass;
mod payment_codes;
mod payouts;
mod piece;
mod place;
mod processes;
mod report;
mod rows;
mod snapshot;
mod source;
mod standings;
mod stream_rows;
mod streams;
mod sum;
#[cfg(test)]
mod test_log;
mod transfers;
mod views;

pub use archived::{ArchivedCommits, ArchivedRow, FirstEvent};
pub use audit::{Auditor, Connections};
pub use books::View;
pub use error::AuditError;
pub use findings::Check;
pub use follow::{CheckpointError, Follower, State, Step, read_checkpoint, write_checkpoint};
pub use pass::Reporter;
pub use report::{LogReport, Report, SumReport, TableReport, ViewReport};
