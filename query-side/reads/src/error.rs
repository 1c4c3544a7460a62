//! What can go wrong with a read, one variant for each thing an answer does differently.

use std::time::Duration;

use kernel::{Position, Version};

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadsError {
    /// The token belongs to another log.
    #[error("the consistency token belongs to another log")]
    ForeignToken,
    /// The token names a position that the log has not reached.
    #[error("the consistency token is ahead of the log, whose head is {head}")]
    FutureToken {
        /// The head of the log.
        head: Position,
    },
    /// The position asked for is one that the log has not reached.
    #[error("the position asked for is ahead of the log, whose head is {head}")]
    FuturePosition {
        /// The head of the log.
        head: Position,
    },
    /// The view has not got as far as was asked for in the time given.
    #[error("the view {view} has not reached position {required}")]
    Behind {
        /// The view furthest behind.
        view: &'static str,
        /// Where it had to be.
        required: Position,
        /// When trying again is worth it.
        retry_after: Duration,
    },
    /// The answer lacks events that an operator parked.
    #[error("{events} events that the answer would show were put aside in the view {view}")]
    Parked {
        /// The view.
        view: &'static str,
        /// How many events.
        events: i64,
        /// The first of them; none if nothing waits behind the parked key yet.
        first: Option<Position>,
    },
    /// The view has stopped on an event it cannot apply, before the position asked for.
    #[error("the view {view} has stopped before position {required}")]
    Halted {
        /// The stopped view.
        view: &'static str,
        /// Where it had to be.
        required: Position,
    },
    /// The view shows another history than the log holds.
    #[error("the view {view} is of another history than the log")]
    OtherHistory {
        /// The view.
        view: &'static str,
    },
    /// No generation of the view is live.
    #[error("the view {0} has no live generation")]
    NotLive(&'static str),
    /// The database of the views cannot be asked, or not in time.
    #[error("the views cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The log cannot be asked, or not in time.
    #[error("the log cannot be reached")]
    LogUnavailable(#[source] log::ReadError),
    /// This server has no login that reads the log itself.
    #[error("this server has no login that reads the log: JANGBU_LOG_INSPECTOR_URL is not set")]
    NoInspector,
    /// The part of a stream is too far from its end, from which it is read backwards.
    #[error("the stream can be read from version {from} on")]
    StreamTooLong {
        /// After this version it can be read.
        from: Version,
    },
    /// The database of the views refused the query: a defect here or in its schema.
    #[error("the views refused the query")]
    Refused(#[source] sqlx::Error),
    /// The role that reads may not read this.
    #[error("the reader may not select from {relation}: run `jangbu doctor` (docs/runbooks/schema.md)")]
    NotGranted {
        /// With its schema.
        relation: String,
    },
    /// The database of the views refused the query for want of a right.
    #[error("the role in JANGBU_VIEWS_READER_URL lacks a grant: run `jangbu doctor` (docs/runbooks/schema.md)")]
    Denied(#[source] sqlx::Error),
    /// The view holds something no view may hold.
    #[error("the view holds no valid {what}")]
    Damaged {
        /// What was looked for.
        what: &'static str,
    },
    /// The cursor is garbage, of an unknown version, or of another list.
    #[error("the cursor does not belong to this list")]
    Cursor,
}

impl From<sqlx::Error> for ReadsError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            error if is_denied(&error) => Self::Denied(error),
            error if is_passing(&error) => Self::Unavailable(error),
            error => Self::Refused(error),
        }
    }
}

/// insufficient_privilege
fn is_denied(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.code().as_deref() == Some("42501"))
}

/// Whether the same query may well succeed later.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // Connection lost, out of resources, operator intervention (statement timeouts too), rolled back, lock not
        // to be had, wrong password or no such database (someone is still provisioning).
        sqlx::Error::Database(e) => e.code().is_some_and(|code| {
            ["08", "53", "57", "40", "28", "3D"].iter().any(|class| code.starts_with(class)) || code == "55P03"
        }),
        _ => false,
    }
}
