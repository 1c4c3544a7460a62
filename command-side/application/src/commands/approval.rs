//! Two pairs of eyes: what an operator who logged in asks for may wait until another one approves it, and is decided in the commit that says so.

use domain::{Approval, Operator, approval::DecideError};
use events::recorded::{ApprovalAction, ApprovalRequested};
use kernel::ApprovalId;

use super::{
    Command, MoneyRules, approval_actions::action_of, approval_options::ApprovalOptions, own_stream::is_opened_first,
};
use crate::{ExecuteError, engine::Decision};

/// Decides a command, or records that it is asked for and waits. What a rule would refuse now is refused now: a second operator is not asked
/// for what cannot be.
pub(super) fn decide_or_ask(
    command: &Command,
    rules: &MoneyRules,
    work: &mut Decision<'_>,
) -> Result<(), ExecuteError> {
    let action = work.acting().and_then(|_| action_of(command, work.command_id));
    let Some(action) = action else { return command.command().decide(rules, work) };
    if !rules.approvals.kinds.contains(action.kind()) {
        work.go_unapproved();
        return command.command().decide(rules, work);
    }
    let before = work.savepoint();
    command.command().decide(rules, work)?;
    if work.lacks_any() || work.refused_with().is_some() {
        return Ok(());
    }
    if rules.approvals.is_below_level(&action, work.recorded()) {
        work.go_unapproved();
        return Ok(());
    }
    work.roll_back(before);
    ask(&rules.approvals, work, action)
}

/// Records that an operator asks for something.
pub(super) fn ask(
    options: &ApprovalOptions,
    work: &mut Decision<'_>,
    action: ApprovalAction,
) -> Result<(), ExecuteError> {
    let Some(now) = work.log_time() else { return Ok(()) };
    let acting = work.acting().cloned().ok_or(ExecuteError::NoOperatorAccount)?;
    is_opened_first(work)?;
    let requested = ApprovalRequested {
        action,
        requested_by: acting.operator,
        requested_by_name: acting.name,
        session: acting.session,
        reason: acting.reason,
        expires_at: now + options.lives,
    };
    // The approval has the id of the command that asks.
    work.push(work.command_id.into(), requested);
    Ok(())
}

/// What was asked for, if whoever asks now may approve or reject it. None if that was refused, and while a stream is missing.
pub(super) fn open(work: &mut Decision<'_>, id: ApprovalId) -> Result<Option<ApprovalRequested>, ExecuteError> {
    let Some((approval, has_expired)) = find(work, id)? else { return Ok(None) };
    let requester: Option<&Operator> = work.get(approval.requested.requested_by.into());
    let decider = work.acting().ok_or(ExecuteError::NoOperatorAccount)?;
    let may = approval.may_decide(decider, requester, has_expired);
    allowed(work, id, may).map(|may| may.then_some(approval.requested))
}

/// Whether whoever asks may take back what was asked for. Not if that was refused, and not while a stream is missing.
pub(super) fn open_own(work: &mut Decision<'_>, id: ApprovalId) -> Result<bool, ExecuteError> {
    let Some((approval, has_expired)) = find(work, id)? else { return Ok(false) };
    let decider = work.acting().ok_or(ExecuteError::NoOperatorAccount)?;
    let may = approval.may_withdraw(decider.operator, has_expired);
    allowed(work, id, may)
}

/// Records that whoever asks approves, after what was asked for was decided.
pub(super) fn grant(work: &mut Decision<'_>, id: ApprovalId, requested: ApprovalRequested) -> Result<(), ExecuteError> {
    let refused = work.refused_with().map(str::to_owned);
    let granted = work.acting().map(|decider| decider.grant(refused)).ok_or(ExecuteError::NoOperatorAccount)?;
    work.push(id.into(), granted);
    work.act_for(id, requested);
    Ok(())
}

/// The approval, and whether its time is over.
fn find(work: &Decision<'_>, id: ApprovalId) -> Result<Option<(Approval, bool)>, ExecuteError> {
    let approval: Option<&Approval> = work.get(id.into());
    if work.lacks_any() {
        return Ok(None);
    }
    let approval = approval.cloned().ok_or(ExecuteError::ApprovalUnknown)?;
    let has_expired = work.has_passed(approval.requested.expires_at);
    Ok(Some((approval, has_expired)))
}

fn allowed(work: &mut Decision<'_>, id: ApprovalId, may: Result<(), DecideError>) -> Result<bool, ExecuteError> {
    // What was decided without a stream counts for nothing.
    if work.lacks_any() {
        return Ok(false);
    }
    match may {
        Ok(()) => Ok(true),
        Err(DecideError::Own) => Err(ExecuteError::ApprovalOwn),
        Err(DecideError::NotOwn) => Err(ExecuteError::ApprovalNotOwn),
        Err(DecideError::Role(role)) => Err(ExecuteError::OperatorRoleMissing(role)),
        Err(DecideError::Refused(refusal)) => {
            work.rests_on(id.into());
            work.refuse(refusal);
            Ok(false)
        }
    }
}
