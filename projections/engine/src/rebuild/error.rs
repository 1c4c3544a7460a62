//! Why a rebuild, a comparison or a promotion ended.

use kernel::{LogId, Position};
use log::ReadError;

use crate::{Fault, OtherHistory, WriteError};

/// Why a rebuild, a comparison or a promotion ended. What has been made so far stays, and is gone on with by the next
/// try, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The views database cannot be reached.
    #[error("the views database cannot be reached")]
    Connect(#[source] sqlx::Error),
    /// A statement failed.
    #[error("{doing} failed")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// Somebody else is at it.
    #[error("another rebuild of the view {0} is running")]
    Busy(&'static str),
    /// The view has never been made.
    #[error("the view {0} has no live generation: has the projector ever run?")]
    NoLive(&'static str),
    /// There is no such generation.
    #[error("there is no generation {generation} of the view {view}")]
    Absent {
        /// The view.
        view: &'static str,
        /// The generation.
        generation: i32,
    },
    /// What is asked makes no sense for a generation in its state.
    #[error("generation {generation} is {state}: {advice}")]
    WrongState {
        /// The generation.
        generation: i32,
        /// Its state.
        state: String,
        /// What to do.
        advice: &'static str,
    },
    /// The generation was made by another version of the rule, so this program cannot move it.
    #[error(
        "generation {generation} was made by version {found} of the view, this program has version {ours}: only a `jangbu` of version {found} can bring it level"
    )]
    OtherVersion {
        /// The generation.
        generation: i32,
        /// Its version.
        found: i32,
        /// Ours.
        ours: i32,
    },
    /// The generation counts in the positions of another log.
    #[error("generation {generation} was made from another log than {ours}")]
    OtherLog {
        /// The generation.
        generation: i32,
        /// The log that is read.
        ours: LogId,
    },
    /// A generation is of another history than the log.
    #[error("generation {generation} is of another history than the log: {what}")]
    OtherHistory {
        /// The generation.
        generation: i32,
        /// How it differs.
        what: OtherHistory,
    },
    /// The gate refuses to make it live.
    #[error("generation {generation} cannot become live: {why}")]
    Refused {
        /// The generation.
        generation: i32,
        /// Why.
        why: String,
        /// What to do.
        advice: String,
    },
    /// The generation was to become live although it differs, and differs in another way by now.
    #[error(
        "generation {0} does not differ from the live one as it did when its promotion was asked for: rebuild the view, and look at what differs now"
    )]
    DifferencesChanged(i32),
    /// The key of the request is that of another one.
    #[error("the key of the request was used for another request: send a new one")]
    KeyReused,
    /// An event cannot be applied.
    #[error("the event at position {} cannot be applied ({}): {}", .0.position, .0.event_type, .0.reason)]
    Stuck(Fault),
    /// Rows were refused.
    #[error("the rows of the events from {} to {} were refused", .after.next(), .to)]
    Rows {
        /// Before them.
        after: Position,
        /// The last of them.
        to: Position,
        /// Why.
        source: WriteError,
    },
    /// A database did not answer.
    #[error("interrupted: {0}")]
    Interrupted(String),
    /// Somebody else changed the generation while it was being made.
    #[error("generation {0} was taken away or cancelled while it was being made")]
    Lost(i32),
    /// This process was suspended for so long that another one may have taken over.
    #[error("this process was suspended for a while and lost the right to change the view {0}")]
    Expired(&'static str),
    /// The live generation stays behind the new one.
    #[error(
        "the live generation is at {live} and does not move, but the new one is at {new} already: they cannot be compared at one position"
    )]
    LiveBehind {
        /// Where the live one is.
        live: Position,
        /// Where the new one is.
        new: Position,
    },
    /// Readers did not release the tables in time.
    #[error(
        "the promotion did not get its locks, or level with the live generation, in {0} tries: are there long-running readers?"
    )]
    Locked(u32),
}

/// Names what a statement was for, when it fails.
pub(crate) fn doing(doing: &'static str) -> impl FnOnce(sqlx::Error) -> RebuildError {
    move |source| RebuildError::Database { doing, source }
}
