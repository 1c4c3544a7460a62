//! Reading for people who look at the log.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::{CommandId, CorrelationId, Position, StreamId, Version};
use log::{BrowseLog, Commit, Picked, ReadError, StreamLength};

use crate::{classify::read_error, rows::StoredCommit, store::PostgresLog};

/// Events of the archive that are read for each commit that is asked for: most commits have fewer.
const EVENTS_OF_A_COMMIT: i64 = 8;

#[async_trait]
impl BrowseLog for PostgresLog {
    async fn commits_before(&self, before: Position, limit: i64) -> Result<Vec<Commit>, ReadError> {
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/commits_before.sql", before.number(), limit)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let oldest = rows.last().map_or(before.number(), |row| row.first_position);
        let mut commits = rows.into_iter().map(StoredCommit::into_commit).collect::<Result<Vec<_>, _>>()?;
        let missing = limit - commits.len() as i64;
        if missing > 0 && oldest > 1 {
            commits.extend(self.detached_commits_before(oldest, missing).await?);
        }
        Ok(commits)
    }

    async fn commit_holding(&self, position: Position) -> Result<Option<Commit>, ReadError> {
        if position <= Position::ZERO {
            return Ok(None);
        }
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/commits_before.sql", position.next().number(), 1_i64)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        match rows.into_iter().next() {
            Some(row) if row.last_position >= position.number() => row.into_commit().map(Some),
            Some(_) => Ok(None),
            None => match self.detached_at(position.number()).await? {
                Some(_) => Ok(self.detached_holding(&[position]).await?.into_iter().next()),
                None => Ok(None),
            },
        }
    }

    async fn commits_correlated(&self, correlation: CorrelationId, limit: i64) -> Result<Vec<Commit>, ReadError> {
        let rows = sqlx::query_file_as!(StoredCommit, "src/sql/commits_correlated.sql", correlation.uuid(), limit)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        rows.into_iter().map(StoredCommit::into_commit).collect()
    }

    async fn commands_at(&self, positions: &[Position]) -> Result<HashMap<Position, CommandId>, ReadError> {
        let asked: Vec<i64> = positions.iter().map(|position| position.number()).collect();
        let rows = sqlx::query_file!("src/sql/commands_at.sql", &asked)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let found = rows.into_iter().map(|row| (Position::new(row.position), CommandId::new(row.command_id)));
        let mut commands: HashMap<Position, CommandId> = found.collect();
        let mut missing: Vec<Position> = positions.to_vec();
        missing.retain(|position| !commands.contains_key(position));
        if !missing.is_empty() {
            let end = self.detached_end().await?;
            missing.retain(|position| *position <= end && *position > Position::ZERO);
        }
        if !missing.is_empty() {
            for commit in self.detached_holding(&missing).await? {
                commands.extend(commit.positioned().map(|(position, _)| (position, commit.command_id)));
            }
        }
        Ok(commands)
    }

    async fn stream_length(&self, stream: StreamId) -> Result<Option<StreamLength>, ReadError> {
        let row = sqlx::query!("select kind, version from log_streams where stream_id = $1", stream.uuid())
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        if let Some(row) = row {
            return Ok(Some(StreamLength { kind: Some(row.kind), version: Version::new(row.version) }));
        }
        // A stream without a row has the id of the command that opened it, and one event.
        let first = self.pick(stream, Version::ZERO.next()).await?;
        Ok(first.map(|picked| StreamLength { kind: None, version: picked.event.version }))
    }

    async fn stream_after(&self, stream: StreamId, version: Version) -> Result<Vec<Picked>, ReadError> {
        self.read_picked_after(stream, version).await
    }
}

impl PostgresLog {
    /// Of those that have left the database, some of the last that begin before a position, newest first.
    async fn detached_commits_before(&self, before: i64, limit: i64) -> Result<Vec<Commit>, ReadError> {
        let end = self.detached_end().await?;
        let last = Position::new((before - 1).min(end.number()));
        if last <= Position::ZERO {
            return Ok(Vec::new());
        }
        let window = limit.saturating_mul(EVENTS_OF_A_COMMIT);
        // The archive is read forwards, from the end of a commit.
        let from = Position::new((last.number() - window).max(0));
        let mut read = if from == Position::ZERO { from } else { self.detached_begin(end, from).await? };
        let mut commits = Vec::new();
        while read < last {
            for commit in self.detached_after(end, read, window).await? {
                read = commit.last();
                if commit.first <= last {
                    commits.push(commit);
                }
            }
        }
        commits.reverse();
        commits.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(commits)
    }
}
