//! What can go wrong, one variant for each thing a caller does differently.

use kernel::{CommitRef, LogId, Position};

use crate::Wanted;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why an append did not answer `Ok`.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Someone else took a version or the command id first. Nothing was written: reload, look up, decide again.
    #[error("another append took a version or a command id first")]
    Conflict,
    /// The log is not the one that was decided upon: it was restored, or given a new id. Nothing was written: forget what was
    /// kept of it, and decide again.
    #[error("the log has another history than the one of the decision")]
    OtherHistory,
    /// Another server leads, under a newer epoch. Nothing was written, and no earlier append of this epoch will be: what the log does
    /// not hold now was not and will not be written by it.
    #[error("another server leads")]
    NotLeader,
    /// An auditor has raised an alarm: nothing is appended until an operator acknowledges it. Nothing was written.
    #[error("alarm {alarm} of the auditor stops all appends until an operator acknowledges it: `jangbu audit show`")]
    Stopped {
        /// The number of the alarm.
        alarm: i64,
    },
    /// The store refused what was asked, and would again. Nothing was written.
    #[error("the store refused the append")]
    Refused(#[source] Source),
    /// The store could not be asked. Nothing was written.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Source),
    /// The connection broke in the middle: it may or may not have been written. Look the commands up.
    #[error("the outcome of the append is unknown")]
    Unknown(#[source] Source),
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store could not be asked, or not in time.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Source),
    /// What the store holds is not what a log can hold.
    #[error("the log is damaged near position {position}: {what}")]
    Damaged {
        /// Where.
        position: Position,
        /// What was found.
        what: String,
    },
    /// The log does not hold the commit that the reader stands on: it is another history, or an older state.
    #[error(
        "the log does not hold the commit of command {} recorded at {} that ends at position {}: it was restored, or it is \
         another log",
        expected.command_id, expected.recorded_at.to_rfc3339(), expected.position
    )]
    OtherHistory {
        /// The commit that the reader stands on.
        expected: CommitRef,
        /// The commit that ends at the same position in the log, if one does.
        found: Option<CommitRef>,
    },
    /// The log was given another id, or it is another log.
    #[error("the log has the id {found}, not {expected}")]
    Renamed {
        /// The id that the reader knows.
        expected: LogId,
        /// The id of the log.
        found: LogId,
    },
    /// What is asked for has left the store, and this program does not know where the archive is.
    #[error(
        "the commits up to position {end} have left the database of the log, and JANGBU_ARCHIVE_URL does not tell this program \
         where their archive is"
    )]
    Detached {
        /// The last position of the commits that have left.
        end: Position,
    },
    /// These of what is asked for have left the store, and must be fetched from the archive first:
    /// [`ReadStreams::fetch`](crate::ReadStreams::fetch). The others can be read.
    #[error("the commits that are asked for must be fetched from the archive first")]
    NotFetched(Vec<Wanted>),
    /// What is asked for has left the store, and the archive is not what it should be.
    #[error("the archive of the log cannot be read")]
    Archive(#[source] Source),
    /// There is no log yet.
    #[error("the store holds no log; apply the migrations first")]
    NoLog,
    /// The log stands as an earlier build wrote it.
    #[error("the log stands in the tables of an earlier build; bring it into those of this one: `jangbu log convert`")]
    NotConverted,
}

/// Why bytes are not a slice.
#[derive(Debug, thiserror::Error)]
pub enum SliceError {
    /// Not the JSON of a slice.
    #[error("the bytes are not a slice")]
    Json(#[source] serde_json::Error),
    /// A slice of a later format.
    #[error("the slice has format {0}, which is not known here")]
    Format(u16),
    /// Its commits do not follow one another.
    #[error("the commits of the slice do not follow one another at position {0}")]
    Broken(Position),
    /// From another log.
    #[error("the slice belongs to log {found}, not {expected}")]
    OtherLog {
        /// The log that was expected.
        expected: LogId,
        /// The log it came from.
        found: LogId,
    },
}
