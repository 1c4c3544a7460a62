//! The log that is converted.

use event_archive::Commit;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    db::failed,
    failure::Failure,
    log_tables::{self, damaged},
};

/// The commits after a position, which is the end of one or 0, up to `until`, which is the end of one: those that begin within the next
/// page. None at the end.
pub async fn commits(connection: &mut PgConnection, after: i64, until: i64, page: i64) -> Result<Vec<Commit>, Failure> {
    let commits = log_tables::commits_before(connection, after, until, page).await?;
    if commits.is_empty() && after < until {
        return Err(damaged(after + 1, "no commit begins here that ends in time"));
    }
    Ok(commits)
}

/// The id of the log, and where it ends.
pub async fn head(connection: &mut PgConnection) -> Result<(Uuid, i64), Failure> {
    let head = sqlx::query!("select log_id, position from log_head")
        .fetch_optional(connection)
        .await
        .map_err(failed("reading the head of the log"))?;
    let head = head.ok_or_else(|| Failure::Absent("log_head is empty: there is no log".into()))?;
    Ok((head.log_id, head.position))
}
