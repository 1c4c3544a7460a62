//! What a call leaves of a connection.

use sqlx::{
    Error,
    postgres::{PgDatabaseError, PgSeverity},
};

/// Whether a connection can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for a statement.
    Ready,
    /// A statement is under way, or its future was dropped before the end.
    Busy,
    /// It gave no answer in time, or broke.
    Broken,
}

impl State {
    /// What an error leaves of the connection.
    pub fn after(error: &Error) -> Self {
        match error {
            Error::Database(error) => {
                match error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity) {
                    Some(PgSeverity::Fatal | PgSeverity::Panic) | None => Self::Broken,
                    Some(_) => Self::Ready,
                }
            }
            // Nothing was sent.
            Error::Encode(_) | Error::InvalidArgument(_) | Error::InvalidSavePointStatement => Self::Ready,
            _ => Self::Broken,
        }
    }
}
