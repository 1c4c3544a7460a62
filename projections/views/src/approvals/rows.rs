//! The SQL of the view `approvals`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Asked, Changes, Decided};

/// What is to be written: what was asked for, and what was decided, of that and of what was asked for before.
#[derive(Debug, Default)]
pub(super) struct ApprovalRows {
    asked: AskedRows,
    decided: DecidedRows,
}

#[derive(Debug, Default)]
struct AskedRows {
    requested_position: Vec<i64>,
    requested_at: Vec<DateTime<Utc>>,
    expires_at: Vec<DateTime<Utc>>,
    approval_id: Vec<Uuid>,
    requested_by: Vec<Uuid>,
    session_id: Vec<Uuid>,
    kind: Vec<String>,
    requested_by_name: Vec<String>,
    reason: Vec<String>,
    action: Vec<String>,
}

#[derive(Debug, Default)]
struct DecidedRows {
    decided_at: Vec<DateTime<Utc>>,
    approval_id: Vec<Uuid>,
    decided_by: Vec<Option<Uuid>>,
    status: Vec<String>,
    decided_by_name: Vec<Option<String>>,
    decision_reason: Vec<String>,
    refusal: Vec<Option<String>>,
}

impl From<Changes> for ApprovalRows {
    fn from(changes: Changes) -> Self {
        let mut rows = Self::default();
        changes.asked.into_iter().for_each(|asked| rows.asked.push(asked));
        changes.decided.into_iter().for_each(|decided| rows.decided.push(decided));
        rows
    }
}

impl AskedRows {
    fn push(&mut self, asked: Asked) {
        self.requested_position.push(asked.position.number());
        self.requested_at.push(asked.at);
        self.expires_at.push(asked.event.expires_at);
        self.approval_id.push(asked.id.uuid());
        self.requested_by.push(asked.event.requested_by.uuid());
        self.session_id.push(asked.event.session);
        self.kind.push(asked.event.action.kind().as_str().to_owned());
        self.requested_by_name.push(asked.event.requested_by_name);
        self.reason.push(asked.event.reason);
        self.action.push(asked.action);
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into approvals (requested_position, requested_at, expires_at, approval_id, requested_by, session_id, kind,
                                    status, requested_by_name, reason, action)
             select requested_position, requested_at, expires_at, approval_id, requested_by, session_id, kind, 'pending',
                 requested_by_name, reason, action
             from unnest($1::int8[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
                         $8::text[], $9::text[], $10::text[])
                as asked(requested_position, requested_at, expires_at, approval_id, requested_by, session_id, kind,
                         requested_by_name, reason, action)",
            &self.requested_position,
            &self.requested_at,
            &self.expires_at,
            &self.approval_id,
            &self.requested_by,
            &self.session_id,
            &self.kind,
            &self.requested_by_name,
            &self.reason,
            &self.action
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl DecidedRows {
    fn push(&mut self, decided: Decided) {
        let (by, name) = decided.by.unzip();
        self.decided_at.push(decided.at);
        self.approval_id.push(decided.id.uuid());
        self.decided_by.push(by.map(|by| by.uuid()));
        self.status.push(decided.status.to_owned());
        self.decided_by_name.push(name);
        self.decision_reason.push(decided.reason);
        self.refusal.push(decided.refusal);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update approvals
             set decided_at = decided.decided_at, decided_by = decided.decided_by, status = decided.status,
                 decided_by_name = decided.decided_by_name, decision_reason = decided.decision_reason, refusal = decided.refusal
             from unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
                as decided(decided_at, approval_id, decided_by, status, decided_by_name, decision_reason, refusal)
             where approvals.approval_id = decided.approval_id",
            &self.decided_at,
            &self.approval_id,
            &self.decided_by as &[Option<Uuid>],
            &self.status,
            &self.decided_by_name as &[Option<String>],
            &self.decision_reason,
            &self.refusal as &[Option<String>]
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.approval_id.len() as u64 {
            return Err(WriteError::Inconsistent("what nobody asked for was decided".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for ApprovalRows {
    fn is_empty(&self) -> bool {
        self.asked.approval_id.is_empty() && self.decided.approval_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if !self.asked.approval_id.is_empty() {
            self.asked.insert(&mut *connection).await?;
        }
        if !self.decided.approval_id.is_empty() {
            self.decided.update(connection).await?;
        }
        Ok(())
    }
}
