//! Where the log is followed from.

use chrono::{DateTime, Utc};
use event_store_postgres::PostgresLog;
use kernel::{CommitRef, LogId, Position};
use log::{ReadCommits, ReadError, ReadHead};

/// Why the log cannot be followed from where the cursor stands.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// It is another log.
    #[error(
        "the deliveries are those of the log {known}, and this log is {found}: JANGBU_LOG_WEBHOOKS_URL and JANGBU_VIEWS_WEBHOOKS_URL \
         are of two banks"
    )]
    OtherLog {
        /// The log that was followed.
        known: LogId,
        /// The log that is there.
        found: LogId,
    },
    /// It was restored.
    #[error(
        "the log does not hold the commit at position {0} that deliveries were made up to: it was restored. Stop the servers that still \
         write the other history, and give this log a new id: `jangbu log adopt --reason WHY`"
    )]
    OtherHistory(Position),
}

/// Makes sure that the log holds the commit of the cursor, and follows a log that was given another id when it was restored: what it
/// lost then was sent, and is not followed again.
pub(crate) async fn go_on(
    log: &dyn ReadCommits,
    known: LogId,
    commit: Option<CommitRef>,
) -> Result<(LogId, Option<CommitRef>), HistoryError> {
    let head = log.head().await?;
    let (mut id, mut commit) = (known, commit);
    for adoption in log.adoptions().await? {
        if adoption.old == id {
            id = adoption.new;
            if position(adoption.commit) < position(commit) {
                commit = adoption.commit;
            }
        }
    }
    if id != head.log {
        return Err(HistoryError::OtherLog { known, found: head.log });
    }
    if let Some(expected) = commit
        && log.commit_refs(&[expected.position]).await?.first().copied().flatten() != Some(expected)
    {
        return Err(HistoryError::OtherHistory(expected.position));
    }
    Ok((id, commit))
}

/// The last commit that was recorded before a time, of those before a position; none if there is none.
pub(crate) async fn before_time(
    log: &PostgresLog,
    time: DateTime<Utc>,
    end: Position,
) -> Result<Option<CommitRef>, ReadError> {
    let mut found = None;
    // Commits that end at or before the one are early enough, those that end at or after the other are too late.
    let (mut early, mut late) = (0, end.number());
    while late - early > 1 {
        let middle = early + (late - early) / 2;
        let commit = commit_before(log, Position::new(middle).next()).await?;
        match commit.filter(|commit| commit.position.number() > early) {
            None => early = middle,
            Some(commit) if commit.recorded_at < time => (found, early) = (Some(commit), middle),
            Some(commit) => late = commit.position.number(),
        }
    }
    Ok(found)
}

/// The last commit that ends before a position.
async fn commit_before(log: &PostgresLog, position: Position) -> Result<Option<CommitRef>, ReadError> {
    let end = log.commit_end(Position::new(position.number() - 1)).await?;
    Ok(log.commit_refs(&[end]).await?.first().copied().flatten())
}

/// The position of a commit; 0 for the beginning of the log.
pub(crate) fn position(commit: Option<CommitRef>) -> Position {
    commit.map_or(Position::ZERO, |commit| commit.position)
}
