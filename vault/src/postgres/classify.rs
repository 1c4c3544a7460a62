//! What an error of Postgres means to the caller.

use sqlx::{Error, postgres::PgDatabaseError};

use crate::{KekError, VaultError};

/// Every call may be repeated, so it matters little whether a statement that failed was done: it is "not now", unless the
/// error says that it will fail again.
pub(super) fn failed(error: Error) -> VaultError {
    match &error {
        Error::ColumnDecode { .. } | Error::Decode(_) | Error::Encode(_) => VaultError::Damaged(Box::new(error)),
        // foreign_key_violation: the data key, on which everything of a member hangs, is not there
        Error::Database(database) if code(&**database) == Some("23503") => VaultError::Erased,
        Error::Database(database) if code(&**database) == Some("JB001") => KekError::Retired.into(),
        // insufficient_privilege
        Error::Database(database) if code(&**database) == Some("42501") => {
            VaultError::Unavailable(Box::new(NotGranted(error)))
        }
        _ => VaultError::Unavailable(Box::new(error)),
    }
}

/// What Postgres says of a lost grant does not say what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("the role lacks a grant in the vault's database: run `jangbu doctor` (docs/runbooks/schema.md)")]
struct NotGranted(#[source] Error);

fn code(error: &dyn sqlx::error::DatabaseError) -> Option<&str> {
    error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
}

/// A value in a row that this program does not know.
pub(super) fn unknown(what: &'static str) -> VaultError {
    VaultError::Damaged(what.into())
}
