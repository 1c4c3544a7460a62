//! Reading the log in order.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use database::Connection;
use kernel::{CommandId, CommitRef, LogId, Position};
use log::{Commit, ReadCommits, ReadError};

use crate::{
    classify::read_error,
    rows::{CommitRow, EventRow, FollowingRow, assemble, damaged},
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

    /// The same two statements; the first one also brings the commit that the reader stands on.
    async fn read_following(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<Commit>, ReadError> {
        let mut connection = self.connection().await?;
        let after = commit.map_or(0, |commit| commit.position.number());
        let rows = sqlx::query_file_as!(FollowingRow, "src/sql/read_following.sql", after, max_events)
            .fetch_all(&mut *connection)
            .await
            .map_err(read_error)?;
        let found = rows.first().map_or(log, |row| LogId::new(row.log_id));
        let mut rows: Vec<CommitRow> = rows.into_iter().map(CommitRow::from).collect();
        if let Some(expected) = commit {
            let standing = rows.first().filter(|row| row.first_position <= after).map(reference);
            if standing != Some(expected) {
                let found = standing.filter(|found| found.position == expected.position);
                return Err(ReadError::OtherHistory { expected, found });
            }
            rows.remove(0);
        }
        if found != log {
            return Err(ReadError::Renamed { expected: log, found });
        }
        let Some(last) = following(&rows, after)? else { return Ok(Vec::new()) };
        let events = sqlx::query_file_as!(EventRow, "src/sql/read_events.sql", after, last)
            .fetch_all(&mut *connection)
            .await
            .map_err(read_error)?;
        assemble(rows, events)
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

    /// Only of a converted log, which is read through the views.
    async fn detached(&self) -> Result<Position, ReadError> {
        let begin = sqlx::query_scalar!(
            r#"select min((regexp_match(pg_get_expr(part.relpartbound, part.oid), 'FROM \(''?(\d+)''?\)'))[1]::int8)
               from pg_inherits join pg_class as part on part.oid = inhrelid
               where inhparent = to_regclass('log_commits')
                 and (select relkind from pg_class where oid = to_regclass('events')) = 'v'"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(Position::new(begin.unwrap_or_default().saturating_sub(1).max(0)))
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

/// The name of the commit of a row.
fn reference(row: &CommitRow) -> CommitRef {
    CommitRef {
        position: Position::new(row.last_position),
        command_id: CommandId::new(row.command_id),
        recorded_at: row.recorded_at,
    }
}

/// Where commits end that must start right after `after`; nothing if there are none.
fn following(rows: &[CommitRow], after: i64) -> Result<Option<i64>, ReadError> {
    match rows.first() {
        Some(row) if row.first_position != after + 1 => Err(damaged(after + 1, "no commit begins here")),
        _ => Ok(rows.last().map(|row| row.last_position)),
    }
}

/// The rows of the commits, checked to start right after `after`.
async fn commit_rows(connection: &mut Connection, after: i64, max: i64) -> Result<Vec<CommitRow>, ReadError> {
    let rows = sqlx::query_file_as!(CommitRow, "src/sql/read_commits.sql", after, max)
        .fetch_all(connection)
        .await
        .map_err(read_error)?;
    following(&rows, after)?;
    Ok(rows)
}
