//! The end of the log, and which commits it holds.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{CommandId, CommitRef, LogId, Position};
use log::{Adoption, Head, ReadError, ReadHead};

use crate::{classify::read_error, store::PostgresLog};

#[async_trait]
impl ReadHead for PostgresLog {
    async fn head(&self) -> Result<Head, ReadError> {
        let row = sqlx::query_file!("src/sql/head.sql")
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?
            .ok_or(ReadError::NoLog)?;
        if row.is_before {
            return Err(ReadError::NotConverted);
        }
        let position = Position::new(row.position);
        let commit = row.command_id.zip(row.committed_at).map(|(command_id, recorded_at)| CommitRef {
            position,
            command_id: CommandId::new(command_id),
            recorded_at,
        });
        Ok(Head { log: LogId::new(row.log_id), position, recorded_at: row.recorded_at, now: row.now, commit })
    }

    async fn stopped_by(&self) -> Result<Option<i64>, ReadError> {
        sqlx::query_scalar!("select stopped_by from log_head")
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?
            .ok_or(ReadError::NoLog)
    }

    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, ReadError> {
        let asked: Vec<i64> = ends.iter().map(|end| end.number()).collect();
        let rows = sqlx::query_file!("src/sql/commit_refs.sql", &asked)
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        let mut found = vec![None; ends.len()];
        for row in rows {
            let place = usize::try_from(row.ordinal - 1).ok().and_then(|place| found.get_mut(place));
            if let Some(place) = place {
                *place = Some(CommitRef {
                    position: Position::new(row.last_position),
                    command_id: CommandId::new(row.command_id),
                    recorded_at: row.recorded_at,
                });
            }
        }
        self.add_detached(ends, &mut found).await?;
        Ok(found)
    }

    async fn adoptions(&self) -> Result<Vec<Adoption>, ReadError> {
        let rows = sqlx::query!(
            "select old_log_id, new_log_id, position, command_id, recorded_at from log_adoptions order by id"
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        let adoption = rows.into_iter().map(|row| Adoption {
            old: LogId::new(row.old_log_id),
            new: LogId::new(row.new_log_id),
            commit: row.command_id.zip(row.recorded_at).map(|(command_id, recorded_at)| CommitRef {
                position: Position::new(row.position),
                command_id: CommandId::new(command_id),
                recorded_at,
            }),
        });
        Ok(adoption.collect())
    }
}

impl PostgresLog {
    /// Those that are not found may have left the database.
    async fn add_detached(&self, ends: &[Position], found: &mut [Option<CommitRef>]) -> Result<(), ReadError> {
        let lacks =
            |(end, found): (&Position, &Option<CommitRef>)| (found.is_none() && *end > Position::ZERO).then_some(*end);
        let missing: Vec<Position> = ends.iter().zip(found.iter()).filter_map(lacks).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let detached = self.detached_end().await?;
        let missing: Vec<Position> = missing.into_iter().filter(|end| *end <= detached).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let held = self.detached_refs(detached, &missing).await?;
        for (end, found) in ends.iter().zip(found) {
            *found = found.or(held.get(end).copied());
        }
        Ok(())
    }

    /// From which time on a key with a time gives it to the id of its command. It never changes, but in a log that is restored.
    pub async fn command_ids_ordered_from(&self) -> Result<DateTime<Utc>, ReadError> {
        sqlx::query_scalar!("select command_ids_ordered_from from log_head")
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?
            .ok_or(ReadError::NoLog)
    }
}
