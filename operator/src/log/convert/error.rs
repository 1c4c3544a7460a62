//! Why a log was not converted.

/// Why `jangbu log convert` did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The tables for it are not there.
    #[error("the log database has no tables of commit rows yet")]
    NotMigrated,
    /// There is nothing to do.
    #[error("the log is converted already")]
    Converted,
    /// Somebody else does it.
    #[error("another `jangbu log convert` works on this log")]
    Running,
    /// What is copied is of another log.
    #[error("the copy was begun for log {0}, which this log is not any more")]
    OtherLog(uuid::Uuid),
    /// The copy is not the log.
    #[error("the copy differs from the log near position {position}: {what}")]
    Differs { position: i64, what: String },
    /// The copy is behind, or there is none.
    #[error("{0}")]
    NothingTo(&'static str),
    /// Readers hold tables for longer than writers should wait.
    #[error("the log was not taken over: a table was in use for longer than writers are to wait")]
    InUse,
}

impl ConvertError {
    /// What to do about it.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::NotMigrated => Some("run `jangbu migrate up --database log`, then this again"),
            Self::Converted => Some("`jangbu log convert --drop-old` removes the tables of the format before"),
            Self::Running => Some("wait until it has ended; it can be interrupted and run again at any time"),
            Self::OtherLog(_) => Some("throw the copy away with `jangbu log convert --discard`, then convert again"),
            Self::Differs { .. } => Some(
                "nothing was taken over. Throw the copy away with `jangbu log convert --discard`, then convert again",
            ),
            Self::InUse => {
                Some("look for long transactions in pg_stat_activity, then run this again: the copy is kept")
            }
            Self::NothingTo(_) => None,
        }
    }
}
