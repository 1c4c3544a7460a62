//! The port of the log: what is appended, what is read, and what can go wrong. No SQL, and no bank word but for the
//! one look-up of who opened which account.
//!
//! An adapter keeps these promises, whatever crashes:
//! - positions are gapless from 1, in commit order, and known when an append answers;
//! - a commit is there whole or not at all; a command id is there once at most;
//! - a stream's versions are gapless from 1, each taken once.

mod append;
mod audit;
mod audited;
mod browse;
mod commit;
mod detached;
mod error;
mod processes;
mod ranges;
mod read;
pub mod seal;
mod select;
mod slice;
mod wanted;

pub use append::{Append, Appended, Basis, HeldStream, NewCommit, NewEvent, Snapshot, Within};
pub use audit::{Acknowledgement, Alarm, AuditProgress, AuditState, AuditStore, Invariant, NewAlarm};
pub use audited::{AskedStream, CommitBytes, ReadAudited, RowsFrom, StreamRow, StreamRows};
pub use browse::{BrowseLog, StreamLength};
pub use commit::{Commit, Event, Fingerprint};
pub use detached::{ArchivedCommit, DetachedCommit, DetachedCommits};
pub use error::{AppendError, ReadError, SliceError};
pub use kernel::CommitRef;
pub use processes::{InstanceFilter, InstanceState, Leadership, ProcessInstance, ProcessStore};
pub use ranges::{CommitRanges, PositionRange, RangeReader};
pub use read::{Adoption, Head, ReadCommits, ReadHead, ReadStreams, StreamRead, StreamStanding};
pub use select::{OwnedAccounts, Picked, ReadTyped};
pub use slice::Slice;
pub use wanted::{FromVersion, Wanted};
