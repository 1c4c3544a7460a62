//! The archive held against a log database, row by row.

use std::sync::Arc;

use sqlx::PgConnection;

use event_archive::{ArchiveError, Chain, Commit, stream};

use crate::{failure::Failure, log_tables};

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
            let found = match log_tables::commits(connection, end, until, log_tables::PAGE).await {
                Ok(found) => found,
                // A log that cannot be read there differs there.
                Err(Failure::Archive(ArchiveError::Log { position, .. })) => return Ok(Some(position)),
                Err(failure) => return Err(failure),
            };
            for commit in &found {
                if !expected.next().is_some_and(|expected| expected.is_same(commit)) {
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
