//! What can go wrong, one variant for each thing the engine does differently.

use chrono::{DateTime, Utc};
use kernel::{LogId, Position};
use log::ReadError;

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database said so.
    #[error("the views database refused the rows")]
    Database(#[from] sqlx::Error),
    /// The tables do not hold what the events need; it would be so again.
    #[error("{0}")]
    Inconsistent(String),
}

/// Why the registry could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The views database cannot be reached.
    #[error("the views database cannot be reached")]
    Connect(#[source] sqlx::Error),
    /// The registry could not be read; most often the migrations are missing.
    #[error("the registry of the views database cannot be read; are its migrations applied?")]
    Read(#[source] sqlx::Error),
    /// The tables of a new generation could not be made.
    #[error("generation 1 of the view {view} cannot be made")]
    Create {
        /// Which view.
        view: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
}

/// Why a view cannot be worked on, although no event is at fault.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The views database cannot be asked.
    #[error("the views database cannot be reached")]
    Database(#[source] sqlx::Error),
    /// The log cannot be asked.
    #[error("the log cannot be read")]
    Log(#[source] ReadError),
    /// Nobody made a generation.
    #[error("the registry has no live generation of this view")]
    NoGeneration,
    /// The tables were made from another log.
    #[error("the view was made from log {found}, but the log database holds log {ours}: check the two database URLs")]
    OtherLog {
        /// The log in the registry.
        found: LogId,
        /// The log that is read.
        ours: LogId,
    },
    /// The view has seen what the log does not hold.
    #[error("the view is of another history than the log: {0}. Rebuild it: `jangbu views rebuild NAME --reason WHY`")]
    OtherHistory(OtherHistory),
    /// Somebody else moved the checkpoint in the meantime.
    #[error("another projector moved the view while it was opened")]
    Moved,
}

/// How a checkpoint differs from the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OtherHistory {
    /// It has seen more than the log holds.
    #[error(
        "it is at position {position}, ahead of the log, which ends at {head}: the log was restored to an earlier state"
    )]
    Ahead {
        /// Where the checkpoint is.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// The log holds another commit where the checkpoint is, or none that ends there.
    #[error(
        "the log does not hold the commit at position {position} that it was made from (recorded at {}): the log was restored \
         to an earlier state and went on from there", time(*recorded_at)
    )]
    Commit {
        /// Where the checkpoint is.
        position: Position,
        /// When its commit was recorded, if it knows.
        recorded_at: Option<DateTime<Utc>>,
    },
}

fn time(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(|| "an unknown time".to_owned(), |time| time.to_rfc3339())
}

/// Whether trying again, unchanged, can help: connections, locks, timeouts, restarts, full disks.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_transient_state(&code)),
        _ => false,
    }
}

/// The classes of SQLSTATE whose cause is the moment, not the statement.
fn is_transient_state(code: &str) -> bool {
    const CLASSES: [&str; 6] = ["08", "25", "40", "53", "57", "58"];
    code == "55P03" || CLASSES.iter().any(|class| code.starts_with(class))
}

/// An error with everything beneath it, on one line; for a lost grant also what to do.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut is_denied = is_denied(error);
    let mut source = error.source();
    while let Some(error) = source {
        is_denied |= self::is_denied(error);
        let inner = error.to_string();
        // sqlx repeats its source in its own text.
        if !text.ends_with(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        source = error.source();
    }
    if is_denied {
        text.push_str(": run `jangbu doctor` (docs/runbooks/schema.md)");
    }
    text
}

/// insufficient_privilege
fn is_denied(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<sqlx::Error>();
    matches!(error, Some(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_states_are_distinguished_from_faulty_statements() {
        for transient in ["08006", "25006", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01", "58030"] {
            assert!(is_transient_state(transient), "{transient}");
        }
        for lasting in ["22003", "23505", "42P01", "42501", "55000", "XX001"] {
            assert!(!is_transient_state(lasting), "{lasting}");
        }
        assert!(is_transient(&sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())));
        assert!(!is_transient(&sqlx::Error::RowNotFound));
    }
}
