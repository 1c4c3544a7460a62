//! View `approvals`: what operators asked for that a second one has to approve, and what became of it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use events::recorded::{ApprovalEvent, ApprovalRequested, Event};
use futures::TryStreamExt;
use kernel::OperatorId;
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
    name: "approvals",
    tables: &[Table {
        name: "approvals",
        columns: &[
            "requested_position",
            "requested_at",
            "expires_at",
            "decided_at",
            "approval_id",
            "requested_by",
            "session_id",
            "decided_by",
            "kind",
            "status",
            "requested_by_name",
            "reason",
            "decided_by_name",
            "decision_reason",
            "refusal",
            "action",
        ],
    }],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [approvals] = sinks.try_into().ok()?;
    Some(Box::new(Approvals { all: BTreeMap::new(), cells: Cells::default(), approvals }))
}

/// What was asked for, and what became of it.
struct Approval {
    position: i64,
    at: DateTime<Utc>,
    requested: ApprovalRequested,
    decided: Option<Decided>,
}

struct Decided {
    status: &'static str,
    at: DateTime<Utc>,
    by: Option<(OperatorId, String)>,
    reason: String,
    refusal: Option<String>,
}

struct Approvals<S> {
    all: BTreeMap<Uuid, Approval>,
    cells: Cells,
    approvals: S,
}

/// A row.
struct Row<'a> {
    requested_position: i64,
    requested_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
    requested_by: Uuid,
    session: Uuid,
    decided_by: Option<Uuid>,
    kind: &'a str,
    status: &'a str,
    requested_by_name: &'a str,
    reason: &'a str,
    decided_by_name: Option<&'a str>,
    decision_reason: Option<&'a str>,
    refusal: Option<&'a str>,
    action: &'a str,
}

impl Row<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, approvals: &mut dyn Sink) {
        cells.clear().put("requested_position", self.requested_position).put("requested_at", time(self.requested_at));
        cells.put("expires_at", time(self.expires_at)).maybe("decided_at", self.decided_at.map(time));
        cells.put("requested_by", self.requested_by).put("session_id", self.session);
        cells.maybe("decided_by", self.decided_by).put("kind", self.kind).put("status", self.status);
        cells.put("requested_by_name", self.requested_by_name).put("reason", self.reason);
        cells.maybe("decided_by_name", self.decided_by_name).maybe("decision_reason", self.decision_reason);
        approvals.row(&id.to_string(), cells.maybe("refusal", self.refusal).put("action", self.action));
    }
}

impl Approval {
    fn give(&self, id: Uuid, cells: &mut Cells, approvals: &mut dyn Sink) {
        let (requested, decided) = (&self.requested, self.decided.as_ref());
        let action = serde_json::to_string(&requested.action).unwrap_or_default();
        let by = decided.and_then(|decided| decided.by.as_ref());
        let row = Row {
            requested_position: self.position,
            requested_at: self.at,
            expires_at: requested.expires_at,
            decided_at: decided.map(|decided| decided.at),
            requested_by: requested.requested_by.uuid(),
            session: requested.session,
            decided_by: by.map(|(operator, _)| operator.uuid()),
            kind: requested.action.kind().as_str(),
            status: decided.map_or("pending", |decided| decided.status),
            requested_by_name: &requested.requested_by_name,
            reason: &requested.reason,
            decided_by_name: by.map(|(_, name)| name.as_str()),
            decision_reason: decided.map(|decided| decided.reason.as_str()),
            refusal: decided.and_then(|decided| decided.refusal.as_deref()),
            action: &action,
        };
        row.give(id, cells, approvals);
    }
}

impl<S: Sink> Approvals<S> {
    fn event(&mut self, event: &assemble::Event, approval: &ApprovalEvent, at: DateTime<Utc>) {
        let (status, by, reason, refusal) = match approval {
            ApprovalEvent::Requested(requested) => {
                let (position, requested) = (event.position, requested.clone());
                self.all.insert(event.stream, Approval { position, at, requested, decided: None });
                return;
            }
            ApprovalEvent::Granted(granted) => {
                let status = if granted.refused.is_some() { "refused" } else { "approved" };
                let by = Some((granted.approver, granted.approver_name.clone()));
                (status, by, &granted.reason, granted.refused.clone())
            }
            ApprovalEvent::Rejected(rejected) => {
                let by = Some((rejected.rejected_by, rejected.rejected_by_name.clone()));
                ("rejected", by, &rejected.reason, None)
            }
            ApprovalEvent::Withdrawn(withdrawn) => ("withdrawn", None, &withdrawn.reason, None),
        };
        let Some(known) = self.all.get_mut(&event.stream) else { return };
        known.decided = Some(Decided { status, at, by, reason: reason.clone(), refusal });
    }
}

impl<S: Sink> Book<S> for Approvals<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            if let Event::Approval(approval) = &event.recorded {
                self.event(event, approval, commit.recorded_at);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, approval) in &self.all {
            approval.give(*id, &mut self.cells, &mut self.approvals);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.approvals]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [approvals] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select requested_position as "requested_position!", requested_at as "requested_at!", expires_at as "expires_at!",
                  decided_at, approval_id as "approval_id!", requested_by as "requested_by!", session_id as "session_id!",
                  decided_by, kind as "kind!", status as "status!", requested_by_name as "requested_by_name!",
                  reason as "reason!", decided_by_name, decision_reason, refusal, action as "action!"
           from live.approvals"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            requested_position: row.requested_position,
            requested_at: row.requested_at,
            expires_at: row.expires_at,
            decided_at: row.decided_at,
            requested_by: row.requested_by,
            session: row.session_id,
            decided_by: row.decided_by,
            kind: &row.kind,
            status: &row.status,
            requested_by_name: &row.requested_by_name,
            reason: &row.reason,
            decided_by_name: row.decided_by_name.as_deref(),
            decision_reason: row.decision_reason.as_deref(),
            refusal: row.refusal.as_deref(),
            action: &row.action,
        };
        found.give(row.approval_id, &mut cells, approvals);
    }
    Ok(())
}
