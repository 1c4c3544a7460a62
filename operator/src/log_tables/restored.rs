//! Writing a log that is restored.

use event_archive::Commit;
use sqlx::PgConnection;

use super::copied::{Digest, copy_in};
use crate::{db::failed, failure::Failure};

/// Locks the log until the transaction ends; what stands in it, if anything does.
pub async fn lock_if_empty(connection: &mut PgConnection) -> Result<Option<String>, Failure> {
    // An empty log has the form of today: one of the form before is not empty, and stays so until it is converted.
    let lock = "lock table log_head, log_commits, log_commands, log_streams, log_adoptions in access exclusive mode";
    sqlx::query(lock).execute(&mut *connection).await.map_err(failed("locking the log"))?;
    let found = sqlx::query!(
        r#"select (select position from log_head) as "position!", exists (select from commits) as "commits!",
                  exists (select from events) as "events!", exists (select from log_streams) as "streams!",
                  exists (select from log_adoptions) as "adoptions!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking whether the log is empty"))?;
    let empty = found.position == 0 && !found.commits && !found.events && !found.streams && !found.adoptions;
    let what = || format!("log_head is at {}, and there are commits, events, streams or adoptions", found.position);
    Ok((!empty).then(what))
}

/// Makes the partitions of all commits up to the head.
pub async fn add_partitions(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query!("select add_earlier_commit_partitions()::text, add_commit_partitions(2)")
        .fetch_one(connection)
        .await
        .map_err(failed("making the partitions of the log"))
        .map(drop)
}

/// A log that is being restored.
#[derive(Default)]
pub struct Restored {
    digest: Digest,
}

impl Restored {
    /// Writes commits that follow those that are there.
    pub async fn insert(&mut self, connection: &mut PgConnection, commits: &[Commit]) -> Result<(), Failure> {
        self.digest = copy_in(connection, commits, self.digest).await?;
        Ok(())
    }

    /// Writes the digest of all that was restored; the head is where it ends.
    pub async fn finish(self, connection: &mut PgConnection) -> Result<(), Failure> {
        sqlx::query!("update log_head set digest = $1", &self.digest as &[u8])
            .execute(connection)
            .await
            .map_err(failed("setting the digest of the log"))
            .map(drop)
    }
}
