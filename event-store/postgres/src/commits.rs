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

/// What follows in the database.
pub(crate) enum Following {
    /// These.
    Rows(Vec<StoredCommit>),
    /// The next commits have left it, up to there.
    Detached(Position),
}

/// The end of what a reader has seen.
pub(crate) fn end_of(commit: Option<CommitRef>) -> Position {
    commit.map_or(Position::ZERO, |commit| commit.position)
}

#[async_trait]
impl ReadCommits for PostgresLog {
    async fn read_commits(&self, after: Position, max_events: i64) -> Result<Vec<Commit>, ReadError> {
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/read_commits.sql", after.number(), max_events)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        match self.following(rows, after).await? {
            Following::Rows(rows) => following(rows, after.number()),
            Following::Detached(end) => self.detached_after(end, after, max_events).await,
        }
    }

    async fn read_following(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Vec<Commit>, ReadError> {
        match self.rows_following(log, commit, max_events).await? {
            Following::Rows(rows) => following(rows, end_of(commit).number()),
            Following::Detached(end) => self.detached_after(end, end_of(commit), max_events).await,
        }
    }

    async fn recorded_after(&self, position: Position) -> Result<Option<DateTime<Utc>>, ReadError> {
        let next = sqlx::query!(
            "select first_position, recorded_at from log_commits where first_position > $1 order by first_position limit 1",
            position.number()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        let Some(next) = next else { return Ok(None) };
        if next.first_position > position.next().number()
            && let Some(end) = self.detached_at(position.next().number()).await?
        {
            // Who asks may stand within a commit.
            let after = self.detached_last(end, position).await?;
            if after < end {
                let commits = self.detached_after(end, after, 1).await?;
                return Ok(commits.first().map(|commit| commit.recorded_at));
            }
        }
        Ok(Some(next.recorded_at))
    }

    async fn detached(&self) -> Result<Position, ReadError> {
        self.detached_end().await
    }
}

impl PostgresLog {
    /// The rows of the commits that follow. The same statement brings the commit that the reader stands on.
    pub(crate) async fn rows_following(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        max_events: i64,
    ) -> Result<Following, ReadError> {
        let after = end_of(commit);
        let rows = sqlx::query_file_as!(FollowingCommit, "src/sql/read_following.sql", after.number(), max_events)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let found = rows.first().map_or(log, |row| LogId::new(row.log_id));
        let mut rows: Vec<StoredCommit> = rows.into_iter().map(StoredCommit::from).collect();
        if let Some(expected) = commit {
            let standing = match rows.first().filter(|row| row.first_position <= after.number()) {
                Some(_) => Some(rows.remove(0).reference()),
                None => self.detached_standing(log, after).await?,
            };
            if standing != Some(expected) {
                let found = standing.filter(|found| found.position == expected.position);
                return Err(ReadError::OtherHistory { expected, found });
            }
        }
        if found != log {
            return Err(ReadError::Renamed { expected: log, found });
        }
        self.following(rows, after).await
    }

    /// What these rows are, which follow `after`: the next commits, or those behind commits that have left the database.
    pub(crate) async fn following(&self, rows: Vec<StoredCommit>, after: Position) -> Result<Following, ReadError> {
        let due = after.next().number();
        let lacks = match rows.first() {
            Some(row) => row.first_position != due,
            // A reader that is level finds nothing, again and again.
            None => self.goes_on_after(after).await?,
        };
        match lacks {
            true => Ok(self.detached_at(due).await?.map_or(Following::Rows(rows), Following::Detached)),
            false => Ok(Following::Rows(rows)),
        }
    }

    async fn goes_on_after(&self, position: Position) -> Result<bool, ReadError> {
        let goes_on = sqlx::query_scalar!(r#"select position > $1 as "goes_on!" from log_head"#, position.number())
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        Ok(goes_on.unwrap_or_default())
    }

    /// The commit that ends there, if it has left the database.
    async fn detached_standing(&self, log: LogId, end: Position) -> Result<Option<CommitRef>, ReadError> {
        let Some(detached) = self.detached_at(end.number()).await? else { return Ok(None) };
        let found = self.log_id().await?;
        if found != log {
            return Err(ReadError::Renamed { expected: log, found });
        }
        Ok(self.detached_refs(detached, &[end]).await?.remove(&end))
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
        match end {
            Some(end) => Ok(Position::new(end)),
            None if position == Position::ZERO => Ok(position),
            None => {
                let detached = self.detached_end().await?;
                // It ends with a commit.
                if position >= detached { Ok(detached) } else { self.detached_begin(detached, position).await }
            }
        }
    }
}
