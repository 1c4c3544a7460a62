//! What can go wrong, and what to do then.

use std::fmt;

/// Why a history could not be read or applied. Each message ends with what to do.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database did not answer.
    #[error("the database cannot be reached; is it running, and is the URL right?")]
    Unreachable(#[source] sqlx::Error),
    /// Somebody else is migrating, and does not come to an end.
    #[error("another process is migrating this database; wait for it, or end it, then try again")]
    Busy,
    /// The record of what was applied cannot be read or written.
    #[error("the record of applied migrations cannot be used; run this as the owner of the database")]
    Record(#[source] sqlx::Error),
    /// Files were changed after they had been applied.
    #[error(
        "applied migrations were edited since: {}; put the files back as they were and make the change in a new file \
         (if only comments changed, `jangbu migrate repair` records the new text)",
        list(.0)
    )]
    Edited(Vec<i64>),
    /// Files that were applied are not there any more.
    #[error(
        "applied migrations are missing here: {}; this build is older than the database, or files were removed: use the \
         newer build or bring the files back (if they are gone for good, `jangbu migrate repair` forgets them)",
        list(.0)
    )]
    Missing(Vec<i64>),
    /// What a migration makes is already there, though no migration made it.
    #[error(
        "migration {version} ({description}) makes what is already there; if the schema was made by other means, mark it \
         as applied with `jangbu migrate baseline {version}`"
    )]
    AlreadyThere {
        /// Which.
        version: i64,
        /// Its name.
        description: String,
        /// What Postgres said.
        #[source]
        source: sqlx::Error,
    },
    /// A migration failed. It left nothing behind; those before it stay.
    #[error("migration {version} ({description}) failed and left nothing behind; correct its cause and run it again")]
    Apply {
        /// Which.
        version: i64,
        /// Its name.
        description: String,
        /// What Postgres said.
        #[source]
        source: sqlx::Error,
    },
    /// There is no such migration to baseline to.
    #[error("there is no migration {0}; `jangbu migrate status` lists them")]
    Unknown(i64),
}

fn list(versions: &[i64]) -> impl fmt::Display {
    versions.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
