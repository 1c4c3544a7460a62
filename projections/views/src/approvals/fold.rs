//! What a run of commits does to approvals.

use chrono::{DateTime, Utc};
use events::recorded::{ApprovalEvent, ApprovalRequested, Event};
use kernel::{ApprovalId, OperatorId, Position};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// What was asked for in the commits, and what was decided.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) asked: Vec<Asked>,
    pub(super) decided: Vec<Decided>,
}

/// What an operator asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: ApprovalId,
    pub(super) event: ApprovalRequested,
    /// What is asked for, as JSON.
    pub(super) action: String,
    pub(super) position: Position,
    pub(super) at: DateTime<Utc>,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) id: ApprovalId,
    pub(super) status: &'static str,
    pub(super) at: DateTime<Utc>,
    /// Who decided, and their name; nobody but who asked, if it was withdrawn.
    pub(super) by: Option<(OperatorId, String)>,
    pub(super) reason: String,
    pub(super) refusal: Option<String>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for commit in commits {
        for (position, event) in commit.positioned() {
            let Some(body @ Event::Approval(happened)) = &event.body else { continue };
            let (id, at) = (ApprovalId::new(event.stream.uuid()), commit.recorded_at);
            match happened {
                ApprovalEvent::Requested(requested) => {
                    let action = serde_json::to_string(&requested.action).map_err(|error| {
                        fault(position, body, format!("what is asked for cannot be written: {error}"))
                    })?;
                    changes.asked.push(Asked { id, event: requested.clone(), action, position, at });
                }
                decided => changes.decided.extend(decision(id, at, decided)),
            }
        }
    }
    Ok(changes)
}

fn decision(id: ApprovalId, at: DateTime<Utc>, event: &ApprovalEvent) -> Option<Decided> {
    Some(match event {
        ApprovalEvent::Requested(_) => return None,
        ApprovalEvent::Granted(granted) => Decided {
            id,
            status: if granted.refused.is_some() { "refused" } else { "approved" },
            at,
            by: Some((granted.approver, granted.approver_name.clone())),
            reason: granted.reason.clone(),
            refusal: granted.refused.clone(),
        },
        ApprovalEvent::Rejected(rejected) => Decided {
            id,
            status: "rejected",
            at,
            by: Some((rejected.rejected_by, rejected.rejected_by_name.clone())),
            reason: rejected.reason.clone(),
            refusal: None,
        },
        ApprovalEvent::Withdrawn(withdrawn) => {
            Decided { id, status: "withdrawn", at, by: None, reason: withdrawn.reason.clone(), refusal: None }
        }
    })
}
