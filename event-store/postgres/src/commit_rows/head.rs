//! The end of the log, which commits it holds, and what auditors keep beside it.

use async_trait::async_trait;
use kernel::{CommandId, CommitRef, LogId, Position};
use log::{Adoption, Alarm, AuditProgress, AuditState, AuditStore, Head, NewAlarm, ReadError, ReadHead};

use super::CommitLog;
use crate::classify::read_error;

#[async_trait]
impl ReadHead for CommitLog {
    async fn head(&self) -> Result<Head, ReadError> {
        let row = sqlx::query_file!("src/sql/commit_rows/head.sql")
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?
            .ok_or(ReadError::NoLog)?;
        let position = Position::new(row.position);
        let commit = row.command_id.zip(row.committed_at).map(|(command_id, recorded_at)| CommitRef {
            position,
            command_id: CommandId::new(command_id),
            recorded_at,
        });
        Ok(Head { log: LogId::new(row.log_id), position, recorded_at: row.recorded_at, commit })
    }

    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<CommitRef>>, ReadError> {
        let asked: Vec<i64> = ends.iter().map(|end| end.number()).collect();
        let rows = sqlx::query_file!("src/sql/commit_rows/commit_refs.sql", &asked)
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
        Ok(found)
    }

    async fn adoptions(&self) -> Result<Vec<Adoption>, ReadError> {
        self.shared.adoptions().await
    }
}

/// How commits are stored does not matter here.
#[async_trait]
impl AuditStore for CommitLog {
    async fn audit(&self) -> Result<AuditState, ReadError> {
        self.shared.audit().await
    }

    async fn proven(&self) -> Result<Option<Position>, ReadError> {
        self.shared.proven().await
    }

    async fn stopped_by(&self) -> Result<Option<i64>, ReadError> {
        self.shared.stopped_by().await
    }

    async fn report(&self, progress: &AuditProgress) -> Result<(), ReadError> {
        self.shared.report(progress).await
    }

    async fn raise(&self, auditor: &str, log: LogId, alarm: &NewAlarm) -> Result<Option<i64>, ReadError> {
        self.shared.raise(auditor, log, alarm).await
    }

    async fn acknowledge(&self, alarm: i64, by: &str, reason: &str) -> Result<Option<Alarm>, ReadError> {
        self.shared.acknowledge(alarm, by, reason).await
    }
}
