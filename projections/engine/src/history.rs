//! Whether the tables of a generation are of the history that the log holds.
//!
//! A position is not enough: a log that was restored from a backup gives the same positions to other commits. So a checkpoint
//! names its commit, and the log must hold that commit at that position. If it does, the two are equal up to there.

use kernel::{CommitRef, LogId, Position};
use log::{Head, ReadCommits, ReadError};
use sqlx::PgConnection;

use crate::{
    checkpoint::{self, Checkpoint},
    error::{OpenError, OtherHistory},
};

/// What was found about a checkpoint.
pub(crate) enum Found {
    /// The log holds its commit; `None` at the beginning.
    Same(Option<CommitRef>),
    /// The log does not.
    Other(OtherHistory),
    /// It counts in a log that this one never was.
    OtherLog(LogId),
}

/// Holds a checkpoint against the log, and changes nothing.
pub(crate) async fn judge(log: &dyn ReadCommits, head: Head, checkpoint: &Checkpoint) -> Result<Found, ReadError> {
    let Checkpoint { position, commit, recorded_at, .. } = *checkpoint;
    if let Some(found) = checkpoint.log.filter(|found| *found != head.log)
        && !was_once(log, found, head.log).await?
    {
        return Ok(Found::OtherLog(found));
    }
    if position > head.position {
        return Ok(Found::Other(OtherHistory::Ahead { position, head: head.position }));
    }
    if position == Position::ZERO {
        return Ok(Found::Same(None));
    }
    let held = log.commit_refs(&[position]).await?.into_iter().next().flatten();
    // A row of an earlier build knows the time of its commit, if it knows anything.
    let same = match (commit, held) {
        (Some(commit), held) => held == Some(commit),
        (None, Some(held)) => recorded_at.is_none_or(|time| time == held.recorded_at),
        (None, None) => false,
    };
    Ok(if same { Found::Same(held) } else { Found::Other(OtherHistory::Commit { position, recorded_at }) })
}

/// Whether a log goes on under another id that it was given when it was restored.
async fn was_once(log: &dyn ReadCommits, old: LogId, ours: LogId) -> Result<bool, ReadError> {
    let mut id = old;
    for adoption in log.adoptions().await? {
        if adoption.old == id {
            id = adoption.new;
        }
    }
    Ok(id == ours)
}

/// Makes sure that a checkpoint is of the log's history, binds it to the log and to the commit it stands on where an earlier
/// build did not, and follows a log that was given a new id. What is found wrong is written down for everybody to see.
pub(crate) async fn open(
    connection: &mut PgConnection,
    log: &dyn ReadCommits,
    view: &str,
    checkpoint: &mut Checkpoint,
) -> Result<Head, OpenError> {
    let head = log.head().await.map_err(OpenError::Log)?;
    match judge(log, head, checkpoint).await.map_err(OpenError::Log)? {
        Found::OtherLog(found) => Err(OpenError::OtherLog { found, ours: head.log }),
        Found::Other(what) => {
            let recorded = checkpoint::record_other_history(connection, view, checkpoint, &what.to_string()).await;
            recorded.map_err(OpenError::Database)?;
            Err(OpenError::OtherHistory(what))
        }
        Found::Same(commit) => {
            let bound = checkpoint.log == Some(head.log) && checkpoint.commit == commit && !checkpoint.other_history;
            if !bound {
                let done = checkpoint::bind(connection, view, checkpoint, head.log, commit).await;
                if !done.map_err(OpenError::Database)? {
                    return Err(OpenError::Moved);
                }
                (checkpoint.log, checkpoint.commit, checkpoint.other_history) = (Some(head.log), commit, false);
            }
            Ok(head)
        }
    }
}
