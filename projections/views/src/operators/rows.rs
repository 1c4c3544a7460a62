//! The SQL of the view `operators`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{OperatorId, OperatorRole};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Act, Added, Change, Changes};

/// What is to be written: operators who were added, changes of them and of those of before, and what they did.
#[derive(Debug, Default)]
pub(super) struct OperatorRows {
    added: AddedRows,
    changed: ChangedRows,
    acts: ActRows,
}

#[derive(Debug, Default)]
struct AddedRows {
    added_position: Vec<i64>,
    added_at: Vec<DateTime<Utc>>,
    operator_id: Vec<Uuid>,
    name: Vec<String>,
    role: Vec<String>,
}

#[derive(Debug, Default)]
struct ChangedRows {
    changed_at: Vec<DateTime<Utc>>,
    operator_id: Vec<Uuid>,
    role: Vec<Option<String>>,
    status: Vec<Option<String>>,
}

#[derive(Debug, Default)]
struct ActRows {
    position: Vec<i64>,
    acted_at: Vec<DateTime<Utc>>,
    operator_id: Vec<Uuid>,
    session_id: Vec<Uuid>,
    command_id: Vec<Uuid>,
    subject: Vec<Uuid>,
    approval_id: Vec<Option<Uuid>>,
    approver_id: Vec<Option<Uuid>>,
    name: Vec<String>,
    reason: Vec<String>,
    action: Vec<String>,
    approver_name: Vec<Option<String>>,
    sent_from: Vec<Option<String>>,
}

impl From<Changes> for OperatorRows {
    fn from(changes: Changes) -> Self {
        let mut rows = Self::default();
        changes.added.into_iter().for_each(|added| rows.added.push(added));
        changes.changed.into_iter().for_each(|(id, change)| rows.changed.push(id, &change));
        changes.acts.into_iter().for_each(|act| rows.acts.push(act));
        rows
    }
}

impl AddedRows {
    fn push(&mut self, added: Added) {
        self.added_position.push(added.position.number());
        self.added_at.push(added.at);
        self.operator_id.push(added.id.uuid());
        self.name.push(added.event.name);
        self.role.push(added.event.role.as_str().to_owned());
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into operators (added_position, added_at, changed_at, operator_id, name, role, status)
             select added_position, added_at, added_at, operator_id, name, role, 'enabled'
             from unnest($1::int8[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[])
                as added(added_position, added_at, operator_id, name, role)",
            &self.added_position,
            &self.added_at,
            &self.operator_id,
            &self.name,
            &self.role
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl ChangedRows {
    fn push(&mut self, operator: OperatorId, change: &Change) {
        let status = |is_enabled| if is_enabled { "enabled" } else { "disabled" };
        self.changed_at.push(change.at);
        self.operator_id.push(operator.uuid());
        self.role.push(change.role.map(OperatorRole::as_str).map(str::to_owned));
        self.status.push(change.is_enabled.map(status).map(str::to_owned));
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update operators
             set changed_at = changed.changed_at, role = coalesce(changed.role, operators.role),
                 status = coalesce(changed.status, operators.status)
             from unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[])
                as changed(changed_at, operator_id, role, status)
             where operators.operator_id = changed.operator_id",
            &self.changed_at,
            &self.operator_id,
            &self.role as &[Option<String>],
            &self.status as &[Option<String>]
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.operator_id.len() as u64 {
            return Err(WriteError::Inconsistent("something happened to an operator who was never added".into()));
        }
        Ok(())
    }
}

impl ActRows {
    fn push(&mut self, act: Act) {
        let (approval, operator) = (act.event.approval, act.event.operator);
        self.position.push(act.position.number());
        self.acted_at.push(act.at);
        self.operator_id.push(operator.uuid());
        self.session_id.push(act.event.session);
        self.command_id.push(act.command.uuid());
        self.subject.push(act.event.subject.uuid());
        self.approval_id.push(approval.as_ref().map(|approval| approval.approval_id.uuid()));
        self.approver_id.push(approval.as_ref().map(|approval| approval.approver.uuid()));
        self.name.push(act.event.name);
        self.reason.push(act.event.reason);
        self.action.push(act.event.action);
        self.approver_name.push(approval.map(|approval| approval.approver_name));
        self.sent_from.push(act.event.from.map(|from| from.to_string()));
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into operator_actions (position, acted_at, operator_id, session_id, command_id, subject, approval_id,
                                           approver_id, name, reason, action, approver_name, sent_from)
             select * from unnest($1::int8[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[],
                                  $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])",
            &self.position,
            &self.acted_at,
            &self.operator_id,
            &self.session_id,
            &self.command_id,
            &self.subject,
            &self.approval_id as &[Option<Uuid>],
            &self.approver_id as &[Option<Uuid>],
            &self.name,
            &self.reason,
            &self.action,
            &self.approver_name as &[Option<String>],
            &self.sent_from as &[Option<String>]
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[async_trait]
impl Rows for OperatorRows {
    fn is_empty(&self) -> bool {
        self.added.operator_id.is_empty() && self.changed.operator_id.is_empty() && self.acts.position.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if !self.added.operator_id.is_empty() {
            self.added.insert(&mut *connection).await?;
        }
        if !self.changed.operator_id.is_empty() {
            self.changed.update(&mut *connection).await?;
        }
        if !self.acts.position.is_empty() {
            self.acts.insert(connection).await?;
        }
        Ok(())
    }
}
