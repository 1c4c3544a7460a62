//! View `operators`: everybody who runs the bank with an account, and all that they did.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use events::recorded::{Event, OperatorActEvent, OperatorActed, OperatorEvent};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "operators",
    tables: &[
        Table {
            name: "operators",
            columns: &["added_position", "added_at", "changed_at", "operator_id", "name", "role", "status"],
        },
        Table {
            name: "operator_actions",
            columns: &[
                "position",
                "acted_at",
                "operator_id",
                "session_id",
                "command_id",
                "subject",
                "approval_id",
                "approver_id",
                "name",
                "reason",
                "action",
                "approver_name",
                "sent_from",
            ],
        },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [operators, actions] = sinks.try_into().ok()?;
    Some(Box::new(Operators { all: BTreeMap::new(), cells: Cells::default(), operators, actions }))
}

/// A row of `operators`.
struct Operator {
    added_position: i64,
    added_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    name: String,
    role: String,
    status: String,
}

struct Operators<S> {
    all: BTreeMap<Uuid, Operator>,
    cells: Cells,
    operators: S,
    actions: S,
}

/// A row of `operator_actions`.
struct Action<'a> {
    acted_at: DateTime<Utc>,
    operator: Uuid,
    session: Uuid,
    command: Uuid,
    subject: Uuid,
    approval: Option<Uuid>,
    approver: Option<Uuid>,
    name: &'a str,
    reason: &'a str,
    action: &'a str,
    approver_name: Option<&'a str>,
    sent_from: Option<String>,
}

impl Operator {
    fn give(&self, id: Uuid, cells: &mut Cells, operators: &mut dyn Sink) {
        cells.clear().put("added_position", self.added_position).put("added_at", time(self.added_at));
        cells.put("changed_at", time(self.changed_at)).put("name", &self.name).put("role", &self.role);
        operators.row(&id.to_string(), cells.put("status", &self.status));
    }
}

impl Action<'_> {
    fn give(&self, position: i64, cells: &mut Cells, actions: &mut dyn Sink) {
        cells.clear().put("acted_at", time(self.acted_at)).put("operator_id", self.operator);
        cells.put("session_id", self.session).put("command_id", self.command).put("subject", self.subject);
        cells.maybe("approval_id", self.approval).maybe("approver_id", self.approver);
        cells.put("name", self.name).put("reason", self.reason).put("action", self.action);
        cells.maybe("approver_name", self.approver_name);
        actions.row(&position.to_string(), cells.maybe("sent_from", self.sent_from.as_deref()));
    }
}

impl<S: Sink> Operators<S> {
    fn operator(&mut self, event: &assemble::Event, operator: &OperatorEvent, at: DateTime<Utc>) {
        if let OperatorEvent::Added(added) = operator {
            let (added_position, name, role) = (event.position, added.name.clone(), added.role.to_string());
            let status = "enabled".to_owned();
            let operator = Operator { added_position, added_at: at, changed_at: at, name, role, status };
            self.all.insert(event.stream, operator);
            return;
        }
        let Some(known) = self.all.get_mut(&event.stream) else { return };
        match operator {
            OperatorEvent::RoleSet(set) => known.role = set.role.to_string(),
            OperatorEvent::Disabled(_) => known.status = "disabled".to_owned(),
            OperatorEvent::Enabled(_) => known.status = "enabled".to_owned(),
            OperatorEvent::Added(_) | OperatorEvent::CredentialsReset(_) | OperatorEvent::SessionEnded(_) => return,
        }
        known.changed_at = at;
    }

    fn act(&mut self, event: &assemble::Event, acted: &OperatorActed, commit: &Commit) {
        let approval = acted.approval.as_ref();
        let action = Action {
            acted_at: commit.recorded_at,
            operator: acted.operator.uuid(),
            session: acted.session,
            command: commit.command,
            subject: acted.subject.uuid(),
            approval: approval.map(|approval| approval.approval_id.uuid()),
            approver: approval.map(|approval| approval.approver.uuid()),
            name: &acted.name,
            reason: &acted.reason,
            action: &acted.action,
            approver_name: approval.map(|approval| approval.approver_name.as_str()),
            sent_from: acted.from.map(|from| from.to_string()),
        };
        action.give(event.position, &mut self.cells, &mut self.actions);
    }
}

impl<S: Sink> Book<S> for Operators<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            match &event.recorded {
                Event::Operator(operator) => self.operator(event, operator, commit.recorded_at),
                Event::OperatorAct(OperatorActEvent::Acted(acted)) => self.act(event, acted, commit),
                _ => {}
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, operator) in &self.all {
            operator.give(*id, &mut self.cells, &mut self.operators);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.operators, self.actions]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [operators, actions] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select added_position as "added_position!", added_at as "added_at!", changed_at as "changed_at!",
                  operator_id as "operator_id!", name as "name!", role as "role!", status as "status!"
           from live.operators"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let found = Operator {
            added_position: row.added_position,
            added_at: row.added_at,
            changed_at: row.changed_at,
            name: row.name,
            role: row.role,
            status: row.status,
        };
        found.give(row.operator_id, &mut cells, operators);
    }
    drop(rows);
    let mut rows = sqlx::query!(
        r#"select position as "position!", acted_at as "acted_at!", operator_id as "operator_id!", session_id as "session_id!",
                  command_id as "command_id!", subject as "subject!", approval_id, approver_id, name as "name!",
                  reason as "reason!", action as "action!", approver_name, sent_from
           from live.operator_actions"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let found = Action {
            acted_at: row.acted_at,
            operator: row.operator_id,
            session: row.session_id,
            command: row.command_id,
            subject: row.subject,
            approval: row.approval_id,
            approver: row.approver_id,
            name: &row.name,
            reason: &row.reason,
            action: &row.action,
            approver_name: row.approver_name.as_deref(),
            sent_from: row.sent_from,
        };
        found.give(row.position, &mut cells, actions);
    }
    Ok(())
}
