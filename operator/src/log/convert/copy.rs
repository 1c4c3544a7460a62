//! Copying commits into rows of the new tables.

use event_archive::Commit;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    before,
    progress::{self, Progress},
};
use crate::{db::failed, failure::Failure, log_tables::copy_in};

/// Copies the next page, up to `until`. The caller's transaction makes the copy and how far it is one.
pub async fn page(
    connection: &mut PgConnection,
    progress: &mut Progress,
    until: i64,
    page: i64,
) -> Result<(), Failure> {
    let commits = before::commits(connection, progress.position, until, page).await?;
    progress.digest = copy_in(connection, &commits, progress.digest).await?;
    progress.position = commits.last().map_or(progress.position, Commit::last);
    progress::keep(connection, progress).await
}

/// Copies the states of accounts from the snapshots, as far as the copy has their versions. They are a cache: what is missing, or behind,
/// is read from the events.
pub async fn states(connection: &mut PgConnection) -> Result<(), Failure> {
    /// So many rows are changed by one transaction.
    const ROWS: i64 = 10_000;
    let mut after = Uuid::nil();
    loop {
        // The name of the table is gone once the log is taken over, so this statement is not checked when it is compiled.
        let last: Option<Uuid> = sqlx::query_scalar(
            "with page as (
                 select stream_id, version, state_schema, state::text as state from snapshots
                 where stream_id > $1 order by stream_id limit $2
             ), copied as (
                 update log_streams as s
                 set state_version = page.version, state_schema = page.state_schema, state = page.state
                 from page
                 where s.stream_id = page.stream_id and s.kind = 'account' and page.version <= s.version
                     and page.version > coalesce(s.state_version, 0)
             )
             select stream_id from page order by stream_id desc limit 1",
        )
        .bind(after)
        .bind(ROWS)
        .fetch_optional(&mut *connection)
        .await
        .map_err(failed("copying the states of accounts"))?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}
