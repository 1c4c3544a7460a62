//! Approvals: what an operator asked for, and that another one may decide about it, once and in time.

use events::recorded::{ApprovalEvent, ApprovalGranted, ApprovalRejected, ApprovalRequested, ApprovalWithdrawn};
use kernel::{OperatorId, OperatorRole};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{EvolveError, Operator, Refusal};

/// What has become of an approval. That its time is over is not recorded: see [`Approval::may_decide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// Nobody has decided.
    Pending,
    /// Another operator approved, and it was done.
    Approved,
    /// Another operator approved, and a rule refused it.
    Refused,
    /// Another operator said no.
    Rejected,
    /// Whoever asked wants it no more.
    Withdrawn,
}

impl ApprovalStatus {
    /// The status as it stands in bodies and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An approval as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What was asked for, by whom, and until when.
    pub requested: ApprovalRequested,
    /// What has become of it.
    pub status: ApprovalStatus,
}

/// Somebody who decides about an approval: another operator than whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// Who.
    pub operator: OperatorId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// The session that they do it in.
    pub session: Uuid,
    /// Why, in their words.
    pub reason: String,
}

/// Why somebody does not decide about an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecideError {
    /// Nobody decides about what they asked for themselves.
    Own,
    /// Only whoever asked takes it back.
    NotOwn,
    /// What was asked for needs this role, and so does approving it.
    Role(OperatorRole),
    /// A rule; recorded.
    Refused(Refusal),
}

impl Approval {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &ApprovalEvent) -> Result<Self, EvolveError> {
        let approval = match (state, event) {
            (None, ApprovalEvent::Requested(requested)) => {
                return Ok(Self { requested: requested.clone(), status: ApprovalStatus::Pending });
            }
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), ApprovalEvent::Requested(_)) => return Err(EvolveError::OpenedTwice),
            (Some(approval), _) => approval,
        };
        if approval.status != ApprovalStatus::Pending {
            return Err(EvolveError::AfterTheLast);
        }
        let status = match event {
            ApprovalEvent::Granted(granted) if granted.refused.is_some() => ApprovalStatus::Refused,
            ApprovalEvent::Granted(_) => ApprovalStatus::Approved,
            ApprovalEvent::Rejected(_) => ApprovalStatus::Rejected,
            ApprovalEvent::Withdrawn(_) => ApprovalStatus::Withdrawn,
            ApprovalEvent::Requested(_) => return Err(EvolveError::OpenedTwice),
        };
        Ok(Self { status, ..approval })
    }

    /// Whether somebody may approve or reject it. `requester`: whoever asked, as they are now. `has_expired`: by the log's clock.
    ///
    /// # Errors
    ///
    /// If they asked for it themselves or their role is too low; and if it is decided, if its time is over, or if whoever asked may not ask for
    /// it any more.
    pub fn may_decide(
        &self,
        decider: &Decider,
        requester: Option<&Operator>,
        has_expired: bool,
    ) -> Result<(), DecideError> {
        if decider.operator == self.requested.requested_by {
            return Err(DecideError::Own);
        }
        let needed = self.requested.action.kind().role();
        if decider.role < needed {
            return Err(DecideError::Role(needed));
        }
        let may_ask = requester.is_some_and(|requester| requester.is_enabled && requester.role >= needed);
        match may_ask && !has_expired && self.status == ApprovalStatus::Pending {
            true => Ok(()),
            false => Err(DecideError::Refused(Refusal::ApprovalOver)),
        }
    }

    /// Whether somebody may take it back.
    ///
    /// # Errors
    ///
    /// If somebody else asked for it, and if it is decided or its time is over.
    pub fn may_withdraw(&self, operator: OperatorId, has_expired: bool) -> Result<(), DecideError> {
        if operator != self.requested.requested_by {
            return Err(DecideError::NotOwn);
        }
        match !has_expired && self.status == ApprovalStatus::Pending {
            true => Ok(()),
            false => Err(DecideError::Refused(Refusal::ApprovalOver)),
        }
    }
}

impl Decider {
    /// What is recorded when they approve, and what was asked for was decided. `refused`: the code of the rule that refused it.
    pub fn grant(&self, refused: Option<String>) -> ApprovalGranted {
        let (approver_name, reason) = (self.name.clone(), self.reason.clone());
        ApprovalGranted { approver: self.operator, approver_name, session: self.session, reason, refused }
    }

    /// What is recorded when they say no.
    pub fn reject(&self) -> ApprovalRejected {
        let (rejected_by_name, reason) = (self.name.clone(), self.reason.clone());
        ApprovalRejected { rejected_by: self.operator, rejected_by_name, session: self.session, reason }
    }

    /// What is recorded when they take back what they asked for.
    pub fn withdraw(&self) -> ApprovalWithdrawn {
        ApprovalWithdrawn { reason: self.reason.clone() }
    }
}
