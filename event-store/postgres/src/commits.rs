//! Reading the log in order.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{CommitRef, LogId, Position};
use log::{Commit, ReadCommits, ReadError};
use uuid::Uuid;

use crate::{
    classify::read_error,
    rows::{StoredCommit, following},
    store::PostgresLog,
};

/// A row of `log_commits`, with the id of the log.
struct FollowingCommit {
    first_position: i64,
    last_position: i64,
    recorded_at: DateTime<Utc>,
    command_id: Uuid,
    actor_id: Uuid,
    correlation: Uuid,
    fingerprint: Vec<u8>,
    actor_role: i8,
    events: String,
    log_id: Uuid,
}

impl From<FollowingCommit> for StoredCommit {
    fn from(row: FollowingCommit) -> Self {
        Self {
            first_position: row.first_position,
            last_position: row.last_position,
            recorded_at: row.recorded_at,
            command_id: row.command_id,
            actor_id: row.actor_id,
            correlation: row.correlation,
            fingerprint: row.fingerprint,
            actor_role: row.actor_role,
            events: row.events,
        }
    }
}

#[async_trait]
impl ReadCommits for PostgresLog {
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError> {
        let after = after.number();
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/read_commits.sql", after, max_events)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        following(rows, after)
    }

    async fn read_following(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<Commit>, ReadError> {
        let after = commit.map_or(0, |commit| commit.position.number());
        following(self.rows_following(log, commit, max_events).await?, after)
    }

    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        sqlx::query_scalar!(
            "select recorded_at from log_commits where first_position > $1 order by first_position limit 1",
            position.number()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)
    }

    async fn detached(&self) -> Result<Position, ReadError> {
        let begin = sqlx::query_scalar!(
            r#"select min((regexp_match(pg_get_expr(part.relpartbound, part.oid), 'FROM \(''?(\d+)''?\)'))[1]::int8)
               from pg_inherits join pg_class as part on part.oid = inhrelid
               where inhparent = 'log_commits'::regclass"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(Position::new(begin.unwrap_or_default().saturating_sub(1).max(0)))
    }
}

impl PostgresLog {
    /// The rows of the commits that follow. The same statement brings the commit that the reader stands on.
    pub(crate) async fn rows_following(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        let after = commit.map_or(0, |commit| commit.position.number());
        let rows = sqlx::query_file_as!(FollowingCommit, "src/sql/read_following.sql", after, max_events)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let found = rows.first().map_or(log, |row| LogId::new(row.log_id));
        let mut rows: Vec<StoredCommit> = rows.into_iter().map(StoredCommit::from).collect();
        if let Some(expected) = commit {
            let standing = rows.first().filter(|row| row.first_position <= after).map(StoredCommit::reference);
            if standing != Some(expected) {
                let found = standing.filter(|found| found.position == expected.position);
                return Err(ReadError::OtherHistory { expected, found });
            }
            rows.remove(0);
        }
        if found != log {
            return Err(ReadError::Renamed { expected: log, found });
        }
        Ok(rows)
    }

    /// The last position of the last commit that ends at or before `position`; 0 if there is none. From there the log can
    /// be read on.
    pub async fn commit_end(&self, position: Position) -> Result<Position, ReadError> {
        let end = sqlx::query_scalar!(
            "select last_position from log_commits where first_position <= $1 and last_position <= $1
             order by first_position desc limit 1",
            position.number()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(end.map_or(Position::ZERO, Position::new))
    }
}
