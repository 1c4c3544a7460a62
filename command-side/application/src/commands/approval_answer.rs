//! What is answered to whoever asks for an approval, and to whoever decides about one.

use chrono::{DateTime, Utc};
use domain::{Approval, ApprovalStatus};
use events::recorded::{ApprovalEvent, ApprovalRequested, Event};
use kernel::{ApprovalId, ApprovalKind, OperatorId};
use serde::{Deserialize, Serialize};

use crate::engine::{IncompleteEvents, PendingEvent, UnitOfWork};

/// An approval as a command left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalAnswer {
    /// Which.
    pub approval_id: ApprovalId,
    /// What has become of it.
    pub status: ApprovalStatus,
    /// What is asked for.
    pub action: ApprovalKind,
    /// Who asked.
    pub requested_by: OperatorId,
    /// Their name.
    pub requested_by_name: String,
    /// Why, in their words.
    pub reason: String,
    /// Until when it can be approved.
    pub expires_at: DateTime<Utc>,
    /// Who approved or rejected it, and their name.
    pub decided_by: Option<(OperatorId, String)>,
    /// The code of the rule that refused it after it was approved.
    pub refused: Option<String>,
}

impl ApprovalAnswer {
    fn pending(approval_id: ApprovalId, requested: &ApprovalRequested) -> Self {
        Self {
            approval_id,
            status: ApprovalStatus::Pending,
            action: requested.action.kind(),
            requested_by: requested.requested_by,
            requested_by_name: requested.requested_by_name.clone(),
            reason: requested.reason.clone(),
            expires_at: requested.expires_at,
            decided_by: None,
            refused: None,
        }
    }

    /// What the events of a command say of an approval that it decided about; none if they are of a refusal. How it was asked for is the same on
    /// any day.
    pub(super) fn decided_in(
        events: &[PendingEvent],
        approval_id: ApprovalId,
        unit: &UnitOfWork,
    ) -> Result<Option<Self>, IncompleteEvents> {
        let decision = events.iter().find_map(|event| match &event.recorded {
            Event::Approval(decision) => Some(decision),
            _ => None,
        });
        let Some(decision) = decision else { return Ok(None) };
        let approval: &Approval = unit.get(approval_id.into()).ok_or(IncompleteEvents)?;
        let pending = Self::pending(approval_id, &approval.requested);
        Ok(Some(match decision {
            ApprovalEvent::Requested(_) => return Err(IncompleteEvents),
            ApprovalEvent::Granted(granted) => {
                let is_refused = granted.refused.is_some();
                let status = if is_refused { ApprovalStatus::Refused } else { ApprovalStatus::Approved };
                let decided_by = Some((granted.approver, granted.approver_name.clone()));
                Self { status, decided_by, refused: granted.refused.clone(), ..pending }
            }
            ApprovalEvent::Rejected(rejected) => {
                let decided_by = Some((rejected.rejected_by, rejected.rejected_by_name.clone()));
                Self { status: ApprovalStatus::Rejected, decided_by, ..pending }
            }
            ApprovalEvent::Withdrawn(_) => Self { status: ApprovalStatus::Withdrawn, ..pending },
        }))
    }
}

/// The approval that these events ask for, whatever the command was.
pub(super) fn asked_in(events: &[PendingEvent]) -> Option<ApprovalAnswer> {
    let first = events.first()?;
    let Event::Approval(ApprovalEvent::Requested(requested)) = &first.recorded else { return None };
    Some(ApprovalAnswer::pending(ApprovalId::new(first.stream.uuid()), requested))
}
