//! The archive held against a log database, row by row.

use std::sync::Arc;

use sqlx::PgConnection;

use super::{chain::Chain, error::ArchiveError, line::Commit, live, manifest::Events, reader::stream};
use crate::failure::Failure;

/// Refuses an archive that is not the beginning of this log: the log is another one under the same id, or it was restored
/// to an earlier state and went on from there. Equal ids prove nothing; the commit at the archive's end proves all before it.
pub async fn same_log(chain: &Chain, log: &mut PgConnection) -> Result<(), Failure> {
    let Some(last) = chain.last_events() else { return Ok(()) };
    // Read after the chain: another run of `archive` at the same time archives only what the log holds by then.
    let head = live::head(log).await?.position;
    if last.last_position > head {
        let what = format!("the archive ends at {}, the log at {head}", last.last_position);
        return Err(ArchiveError::OtherLog(what).into());
    }
    require_held(last, log).await
}

/// Refuses a range of the archive that does not end with a commit of the log.
pub async fn require_held(range: &Events, log: &mut PgConnection) -> Result<(), Failure> {
    let end = range.last_position;
    if live::ending_at(log, end).await? == Some((range.last_command_id, range.last_recorded_at)) {
        return Ok(());
    }
    let what = format!("the commit that ends at {end} is not the one in the archive");
    Err(ArchiveError::OtherLog(what).into())
}

/// The first position at which the database does not hold what the archive holds, of those after `after` up to `to`;
/// both are ends of commits in the archive.
pub async fn first_difference(
    chain: &Arc<Chain>,
    connection: &mut PgConnection,
    after: i64,
    to: i64,
) -> Result<Option<i64>, Failure> {
    let mut archived = stream(chain.clone(), after, to, |line| line.into_commit());
    let mut end = after;
    while let Some(batch) = archived.recv().await {
        let batch = batch?;
        let until = batch.last().map_or(end, Commit::last);
        let mut expected = batch.iter();
        while end < until {
            let found = match live::commits(connection, end, until, live::PAGE).await {
                Ok(found) => found,
                // A log that cannot be read there differs there.
                Err(Failure::Archive(ArchiveError::Log { position, .. })) => return Ok(Some(position)),
                Err(failure) => return Err(failure),
            };
            for commit in &found {
                if expected.next() != Some(commit) {
                    return Ok(Some(commit.first));
                }
                end = commit.last();
            }
            if found.is_empty() {
                return Ok(Some(end + 1));
            }
        }
    }
    Ok(None)
}
