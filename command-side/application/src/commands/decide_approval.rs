//! An operator approves, rejects or withdraws what an operator asked for.

use std::sync::Arc;

use kernel::ApprovalId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    approval::{grant, is_as_it_was, open, open_own, require_independent},
    approval_actions::command_of,
    approval_answer::ApprovalAnswer,
    refusal_outcome::refusal_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Approve, reject or withdraw what an operator asked for; by an operator who logged in. What is approved is decided in the same commit. Erasures
/// are approved where members are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecideApproval {
    /// Which.
    pub approval: ApprovalId,
    /// What becomes of it.
    pub verdict: ApprovalVerdict,
}

/// What becomes of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalVerdict {
    /// It is done; by another operator.
    Approve,
    /// It is not done; by another operator.
    Reject,
    /// It is not wanted any more; by whoever asked.
    Withdraw,
}

impl Command for DecideApproval {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        match self.verdict {
            ApprovalVerdict::Approve => self.approve(rules, work),
            ApprovalVerdict::Reject => {
                if open(work, self.approval)?.is_some() {
                    let rejected = work.acting().map(|decider| decider.reject());
                    work.push(self.approval.into(), rejected.ok_or(ExecuteError::NoOperatorAccount)?);
                }
                Ok(())
            }
            ApprovalVerdict::Withdraw => {
                if open_own(work, self.approval)? {
                    let withdrawn = work.acting().map(|decider| decider.withdraw());
                    work.push(self.approval.into(), withdrawn.ok_or(ExecuteError::NoOperatorAccount)?);
                }
                Ok(())
            }
        }
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        if let Some(decided) = ApprovalAnswer::decided_in(events, self.approval, unit)? {
            return Ok(Arc::new(Outcome::ApprovalDecided(decided)));
        }
        events.first().and_then(refusal_outcome).ok_or(IncompleteEvents)
    }
}

impl DecideApproval {
    fn approve(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let Some(requested) = open(work, self.approval)? else { return Ok(()) };
        require_independent(&rules.approvals, work, &requested)?;
        let command = command_of(requested.action.clone()).ok_or(ExecuteError::Internal)?;
        // What is asked for stands first, as if it had been sent: an act is named after its first event.
        if is_as_it_was(work, &requested) {
            command.command().decide(rules, work)?;
        }
        if work.lacks_any() {
            return Ok(());
        }
        grant(work, self.approval, requested)
    }
}
