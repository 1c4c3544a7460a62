//! What an error of Postgres means to the caller.

use log::{AppendError, ReadError};
use sqlx::{
    Error,
    postgres::{PgDatabaseError, PgSeverity},
};

/// What is known of an append that ended with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Conflict,
    Refused,
    Unavailable,
    Unknown,
}

/// What an error means that came while a statement was under way.
pub(crate) fn append_error(error: Error) -> AppendError {
    match verdict(&error) {
        Verdict::Conflict => AppendError::Conflict,
        Verdict::Refused => AppendError::Refused(with_advice(error)),
        Verdict::Unavailable => AppendError::Unavailable(Box::new(error)),
        Verdict::Unknown => AppendError::Unknown(Box::new(error)),
    }
}

/// What an error means that came before anything was sent.
pub(crate) fn acquire_error(error: Error) -> AppendError {
    AppendError::Unavailable(Box::new(error))
}

/// What an error means to a reader.
pub(crate) fn read_error(error: Error) -> ReadError {
    match code(&error) {
        // undefined_table: the migrations were not applied
        Some("42P01") => ReadError::NoLog,
        _ => ReadError::Unavailable(with_advice(error)),
    }
}

/// What Postgres says of a lost grant does not say what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("the role lacks a grant in the log's database: run `jangbu doctor` (docs/runbooks/schema.md)")]
struct NotGranted(#[source] Error);

fn with_advice(error: Error) -> Box<dyn std::error::Error + Send + Sync> {
    match code(&error) {
        // insufficient_privilege
        Some("42501") => Box::new(NotGranted(error)),
        _ => Box::new(error),
    }
}

fn verdict(error: &Error) -> Verdict {
    match error {
        // The statement never left: its arguments could not be written.
        Error::Encode(_) | Error::InvalidArgument(_) => Verdict::Refused,
        Error::PoolTimedOut | Error::PoolClosed => Verdict::Unavailable,
        Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
            Some(postgres) => by_code(postgres.code(), ends_session(postgres.severity())),
            None => Verdict::Unknown,
        },
        _ => Verdict::Unknown,
    }
}

fn ends_session(severity: PgSeverity) -> bool {
    matches!(severity, PgSeverity::Fatal | PgSeverity::Panic)
}

/// Postgres reports an ERROR only after it has rolled the statement back, so nothing was written, whatever the code.
/// FATAL and PANIC end the session, perhaps after the commit.
fn by_code(code: &str, ends_session: bool) -> Verdict {
    match code {
        _ if ends_session => Verdict::Unknown,
        // unique_violation, serialization_failure, deadlock_detected
        "23505" | "40001" | "40P01" => Verdict::Conflict,
        // query_canceled (a time-out), lock_not_available, read_only_sql_transaction (a standby)
        "57014" | "55P03" | "25006" => Verdict::Unavailable,
        _ => match code.get(..2) {
            // insufficient resources, operator intervention, system error, internal error
            Some("53" | "57" | "58" | "XX") => Verdict::Unavailable,
            // connection exceptions
            Some("08") => Verdict::Unknown,
            _ => Verdict::Refused,
        },
    }
}

/// The SQLSTATE of an error, if Postgres gave one.
pub(crate) fn code(error: &Error) -> Option<&str> {
    match error {
        Error::Database(database) => Some(database.try_downcast_ref::<PgDatabaseError>()?.code()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_says_what_is_known() {
        for (code, expected) in [
            ("23505", Verdict::Conflict),
            ("40001", Verdict::Conflict),
            ("40P01", Verdict::Conflict),
            ("22P02", Verdict::Refused),
            ("22001", Verdict::Refused),
            ("23514", Verdict::Refused),
            ("23502", Verdict::Refused),
            ("42501", Verdict::Refused),
            ("57014", Verdict::Unavailable),
            ("55P03", Verdict::Unavailable),
            ("53100", Verdict::Unavailable),
            ("25006", Verdict::Unavailable),
            ("08006", Verdict::Unknown),
        ] {
            assert_eq!(by_code(code, false), expected, "{code}");
        }
    }

    #[test]
    fn whatever_ends_the_session_leaves_the_outcome_unknown() {
        for code in ["57P01", "57P02", "23505", "XX000"] {
            assert_eq!(by_code(code, true), Verdict::Unknown, "{code}");
        }
    }

    #[test]
    fn a_broken_connection_leaves_the_outcome_unknown_and_a_full_pool_does_not() {
        let broken = Error::Io(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        assert!(matches!(append_error(broken), AppendError::Unknown(_)));
        assert!(matches!(append_error(Error::PoolTimedOut), AppendError::Unavailable(_)));
    }
}
