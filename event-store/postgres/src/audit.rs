//! What auditors report of the log, in tables beside it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{LogId, Position};
use log::{Acknowledgement, Alarm, AuditProgress, AuditState, AuditStore, Invariant, NewAlarm, ReadError};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{classify::read_error, rows::damaged, store::PostgresLog};

/// A row of `audit_alarms`.
struct AlarmRow {
    id: i64,
    log_id: Uuid,
    position: i64,
    rule: String,
    what: String,
    raised_by: String,
    raised_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<String>,
    reason: Option<String>,
}

impl From<AlarmRow> for Alarm {
    fn from(row: AlarmRow) -> Self {
        let acknowledged = row.acknowledged_at.map(|at| Acknowledgement {
            at,
            by: row.acknowledged_by.unwrap_or_default(),
            reason: row.reason.unwrap_or_default(),
        });
        let alarm = NewAlarm { position: Position::new(row.position), rule: row.rule, what: row.what };
        let log = LogId::new(row.log_id);
        Self { id: row.id, log, alarm, raised_by: row.raised_by, raised_at: row.raised_at, acknowledged }
    }
}

#[async_trait]
impl AuditStore for PostgresLog {
    async fn audit(&self) -> Result<AuditState, ReadError> {
        let mut connection = self.connection().await?;
        let stopped_by = sqlx::query_scalar!("select stopped_by from log_head")
            .fetch_optional(&mut *connection)
            .await
            .map_err(read_error)?
            .ok_or(ReadError::NoLog)?;
        let progress = sqlx::query!(
            r#"select auditor, p.log_id, p.position, p.recorded_at, audited_at, rechecked_position, rechecked_at,
                   invariants as "invariants: Json<Vec<Invariant>>"
               from audit_progress as p join log_head as head on head.log_id = p.log_id
               order by p.position desc, audited_at desc limit 1"#
        )
        .fetch_optional(&mut *connection)
        .await
        .map_err(read_error)?;
        let progress = progress.map(|row| AuditProgress {
            auditor: row.auditor,
            log: LogId::new(row.log_id),
            position: Position::new(row.position),
            recorded_at: row.recorded_at,
            audited_at: row.audited_at,
            rechecked: row.rechecked_position.map(Position::new).zip(row.rechecked_at),
            invariants: row.invariants.0,
        });
        let alarms = sqlx::query_as!(
            AlarmRow,
            "select id, log_id, position, rule, what, raised_by, raised_at, acknowledged_at, acknowledged_by, reason
             from audit_alarms
             order by acknowledged_at is not null, case when acknowledged_at is null then position end, id desc limit 100"
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(read_error)?;
        Ok(AuditState { progress, stopped_by, alarms: alarms.into_iter().map(Alarm::from).collect() })
    }

    async fn proven(&self) -> Result<Option<Position>, ReadError> {
        let proven = sqlx::query_scalar!(
            r#"select least(max(p.position), (
                   select min(greatest(position - 1, 0)) from audit_alarms as a
                   where acknowledged_at is null and a.log_id = (select log_id from log_head)
               ))
               from audit_progress as p where p.log_id = (select log_id from log_head)"#
        )
        .fetch_one(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(proven.map(Position::new))
    }

    async fn report(&self, progress: &AuditProgress) -> Result<(), ReadError> {
        sqlx::query!(
            "insert into audit_progress
                 (auditor, log_id, position, recorded_at, audited_at, rechecked_position, rechecked_at, invariants)
             values ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7)
             on conflict (auditor) do update set log_id = excluded.log_id, position = excluded.position,
                 recorded_at = excluded.recorded_at, audited_at = excluded.audited_at,
                 rechecked_position = excluded.rechecked_position, rechecked_at = excluded.rechecked_at,
                 invariants = excluded.invariants",
            progress.auditor,
            progress.log.uuid(),
            progress.position.number(),
            progress.recorded_at,
            progress.rechecked.map(|(position, _)| position.number()),
            progress.rechecked.map(|(_, at)| at),
            Json(&progress.invariants) as _,
        )
        .execute(&mut *self.connection().await?)
        .await
        .map(drop)
        .map_err(read_error)
    }

    async fn raise(&self, auditor: &str, log: LogId, alarm: &NewAlarm) -> Result<Option<i64>, ReadError> {
        sqlx::query_scalar!(
            "select raise_alarm($1, $2, $3, $4, $5)",
            auditor,
            log.uuid(),
            alarm.position.number().max(0),
            alarm.rule,
            alarm.what,
        )
        .fetch_one(&mut *self.connection().await?)
        .await
        .map_err(read_error)
    }

    async fn acknowledge(&self, alarm: i64, by: &str, reason: &str) -> Result<Option<Alarm>, ReadError> {
        let row = sqlx::query_as!(
            AlarmRow,
            r#"select id as "id!", log_id as "log_id!", position as "position!", rule as "rule!", what as "what!",
                   raised_by as "raised_by!", raised_at as "raised_at!", acknowledged_at, acknowledged_by, reason
               from acknowledge_alarm($1, $2, $3)"#,
            alarm,
            by,
            reason,
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        match row {
            Some(row) if row.acknowledged_at.is_none() => Err(damaged(row.position, "an alarm was not acknowledged")),
            row => Ok(row.map(Alarm::from)),
        }
    }
}
