//! The archive of the log: closed ranges of it as files that are never written over, each named with its digest in a chain of
//! manifests, in a folder or in a bucket. What has left the database of the log is read here.
//!
//! `<place>/<log id>/manifests/0000000001.json` and on, `segments/*.jsonl.zst` (one line for each commit),
//! `accounts/*.jsonl.zst` (the states of all accounts at the end of a range, made and read by the operator's program).

#![allow(missing_docs, reason = "the fields of rows and manifests are named by what they hold")]

mod chain;
mod commit;
mod digest;
mod error;
mod http;
mod kept;
mod line;
mod look_up;
mod manifest;
mod reader;
mod scan;
mod segment;
mod sequence;
mod store;

pub use chain::{Appended, Chain};
pub use commit::{Commit, Event};
pub use digest::Digest;
pub use error::ArchiveError;
pub use line::{CommitLine, LineError};
pub use look_up::ArchivedLog;
pub use manifest::{Accounts, Adoption, Events, FORMAT, File, Holds, Manifest};
pub use reader::{ArchiveRanges, Batches, Convert, stream};
pub use segment::{Lines, Pack, Segment};
pub use store::{Place, Store};
