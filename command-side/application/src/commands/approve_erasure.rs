//! An operator approves that a member is erased, which another operator asked for.

use domain::Approval;
use events::recorded::{ApprovalAction, ApprovalEvent, Event, RefusedCommandEvent, StreamKind};
use kernel::{Actor, ApprovalId, MemberId};
use log::Appended;
use uuid::Uuid;

use super::{
    MemberError, MemberRules, Members,
    approval::{grant, open, require_independent},
    approval_answer::ApprovalAnswer,
    erase_member::EraseMember,
    member_rules::{MemberAnswer, MemberRefused},
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, OperatorAct, PendingEvent, Receipt, UnitOfWork},
};

/// The code of the only refusal that is not of the erasure itself.
const OVER: &str = "approval-over";

struct ApproveErasure {
    approval: ApprovalId,
    /// The id that the erasure gets.
    erasure: Uuid,
}

impl Command for ApproveErasure {
    type Rules = MemberRules;
    type Answer = MemberAnswer<ApprovalAnswer>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let Some(requested) = open(work, self.approval)? else { return Ok(()) };
        require_independent(&rules.approvals, work, &requested)?;
        let ApprovalAction::Erasure { member, reason } = requested.action.clone() else {
            return Err(ExecuteError::Internal.into());
        };
        let erase = EraseMember { member, erasure: self.erasure, reason };
        if let Some(decided) = erase.decided(rules, work) {
            rules.record_plain(decided, work)?;
        }
        if work.lacks_any() {
            return Ok(());
        }
        Ok(grant(work, self.approval, requested)?)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<MemberAnswer<ApprovalAnswer>, IncompleteEvents> {
        if let Some(decided) = ApprovalAnswer::decided_in(events, self.approval, unit)? {
            return Ok(Ok(decided));
        }
        let is_over = |event: &PendingEvent| match &event.recorded {
            Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => refused.refusal.code == OVER,
            _ => false,
        };
        match events.iter().any(is_over) {
            true => Ok(Err(MemberRefused { code: OVER, tries_left: None })),
            false => Err(IncompleteEvents),
        }
    }
}

impl Members {
    /// What was asked for by an approval, and what has become of it; none if there is no such approval.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, MemberError> {
        let unknown = MemberError::Execute(ExecuteError::ApprovalUnknown);
        match self.require_kind(id.into(), StreamKind::Approval, unknown).await {
            Ok(Event::Approval(ApprovalEvent::Requested(_))) => {}
            Ok(_) | Err(MemberError::Execute(ExecuteError::ApprovalUnknown)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let unit = self.read(id.into()).await?;
        Ok(unit.get::<Approval>(id.into()).cloned())
    }

    /// What came of approving an erasure, if it is in the log.
    pub async fn erasure_approved(
        &self,
        approval: ApprovalId,
        meta: Meta,
    ) -> Result<Option<Receipt<ApprovalAnswer>>, MemberError> {
        self.recall(&meta, &ApproveErasure { approval, erasure: Uuid::nil() }).await
    }

    /// Approves that a member is erased: from now on nothing is done for them, and the process runner does the rest.
    pub async fn approve_erasure(
        &self,
        approval: ApprovalId,
        member: MemberId,
        (actor, act): (Actor, Option<OperatorAct>),
        meta: Meta,
    ) -> Result<Receipt<ApprovalAnswer>, MemberError> {
        let work = move |members: Self, claim| async move {
            let approve = ApproveErasure { approval, erasure: members.shared.ids.fresh() };
            let receipt = members.carry_out_act(&claim, (actor, meta, act), approve).await?;
            if receipt.answer.refused.is_none() {
                members.revoke_leaving(member).await;
            }
            Ok(receipt)
        };
        self.accept(meta, work).await
    }
}
