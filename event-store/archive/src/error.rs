//! What can be wrong with an archive.

use std::{error::Error, io};

type Source = Box<dyn Error + Send + Sync>;

/// Why the archive did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The place is none that is known here.
    #[error("JANGBU_ARCHIVE_URL is neither file:///folder nor s3://bucket/prefix")]
    Place(#[source] Option<Source>),
    /// No place is named.
    #[error("JANGBU_ARCHIVE_URL is not set, so it is unknown where the archive is")]
    Unset,
    /// The store did not do it.
    #[error("{doing} failed, in the archive at {at}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// Where, without secrets.
        at: String,
        /// What the store said.
        #[source]
        source: Source,
    },
    /// There is no archive of a log, or there are several.
    #[error("{0}")]
    Which(String),
    /// A manifest is not what its place in the chain asks for.
    #[error("the chain of the archive is broken at manifest {number}: {what}")]
    Broken {
        /// Which manifest.
        number: u64,
        /// What is wrong.
        what: String,
    },
    /// A file is not what its manifest says.
    #[error("the file {path} is not what manifest {number} says: {what}")]
    Damaged {
        /// Which manifest.
        number: u64,
        /// Which file.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// The log is not the one that was archived.
    #[error("the log and the archive are not one: {0}")]
    OtherLog(String),
    /// What the log holds is not what a log can hold, so it is not archived.
    #[error("the log is damaged near position {position}: {what}")]
    Log {
        /// Where.
        position: i64,
        /// What was found.
        what: String,
    },
    /// What is asked for has left the log's database.
    #[error("the commits before position {0} are detached from the log's database")]
    Detached(i64),
    /// Compression failed.
    #[error("compressing a segment failed")]
    Compress(#[source] io::Error),
    /// The log that was to be restored into is not empty.
    #[error("the log database is not empty: {0}")]
    NotEmpty(String),
}

impl ArchiveError {
    /// What to do about it.
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Place(_) | Self::Unset => "set JANGBU_ARCHIVE_URL to file:///folder or s3://bucket/prefix",
            Self::Store { .. } => {
                "check JANGBU_ARCHIVE_URL, JANGBU_ARCHIVE_S3_ENDPOINT and the usual AWS_* variables (AWS_ACCESS_KEY_ID, \
                 AWS_SECRET_ACCESS_KEY, AWS_REGION)"
            }
            Self::Broken { .. } | Self::Damaged { .. } => {
                "restore the file from the store's own versions or another copy; `jangbu archive verify` lists all \
                 that is wrong"
            }
            Self::OtherLog(_) => {
                "nothing was written. Check JANGBU_LOG_DATABASE_URL and JANGBU_ARCHIVE_URL. If the log was restored to an \
                 earlier state, rebuild views without --from archive and --from-snapshots; `jangbu log adopt` gives it a \
                 new id, under which `jangbu archive run` begins another archive (docs/runbooks/restore.md)"
            }
            Self::Log { .. } => "run `jangbu log verify`",
            Self::Detached(_) => {
                "the archive holds them: set JANGBU_ARCHIVE_URL (and JANGBU_ARCHIVE_S3_ENDPOINT) as `jangbu archive` has it"
            }
            Self::NotEmpty(_) => {
                "restore into a database of its own: create one, then `jangbu migrate up --database log`"
            }
            Self::Which(_) | Self::Compress(_) => return None,
        };
        Some(advice.into())
    }

    /// Whether the caller can fix the call.
    pub fn is_wrong_use(&self) -> bool {
        matches!(self, Self::Place(_) | Self::Unset)
    }
}
