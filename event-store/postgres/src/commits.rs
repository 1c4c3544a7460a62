//! Reading the log in order.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use database::Connection;
use kernel::Position;
use log::{Commit, ReadCommits, ReadError};

use crate::{
    classify::read_error,
    rows::{CommitRow, EventRow, assemble, damaged},
    store::PostgresLog,
};

#[async_trait]
impl ReadCommits for PostgresLog {
    /// Two short statements, each a walk along one primary key: cheaper for Postgres than joining them. What they see
    /// fits together because nothing in the log ever changes.
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError> {
        let mut connection = self.connection().await?;
        let after = after.number();
        let commits = commit_rows(&mut connection, after, max_events).await?;
        let Some(last) = commits.last() else { return Ok(Vec::new()) };
        let events = sqlx::query_file_as!(EventRow, "src/sql/read_events.sql", after, last.last_position)
            .fetch_all(&mut *connection)
            .await
            .map_err(read_error)?;
        assemble(commits, events)
    }

    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        sqlx::query_scalar!(
            "select recorded_at from commits where first_position > $1 order by first_position limit 1",
            position.number()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)
    }
}

impl PostgresLog {
    /// The last position of the last commit that ends at or before `position`; 0 if there is none. From there the log can
    /// be read on.
    pub async fn commit_end(&self, position: Position) -> Result<Position, ReadError> {
        let end = sqlx::query_scalar!(
            "select last_position from commits where first_position <= $1 and last_position <= $1
             order by first_position desc limit 1",
            position.number()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(end.map_or(Position::ZERO, Position::new))
    }
}

/// The rows of the commits, checked to start right after `after`.
async fn commit_rows(connection: &mut Connection, after: i64, max: i64) -> Result<Vec<CommitRow>, ReadError> {
    let rows = sqlx::query_file_as!(CommitRow, "src/sql/read_commits.sql", after, max)
        .fetch_all(connection)
        .await
        .map_err(read_error)?;
    match rows.first() {
        Some(row) if row.first_position != after + 1 => Err(damaged(after + 1, "no commit begins here")),
        _ => Ok(rows),
    }
}
