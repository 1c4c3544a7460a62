//! Two pairs of eyes: what an operator who logged in asks for may wait until another one approves it, and is decided in the commit that says so.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::{Approval, Operator, Refusal, approval::DecideError};
use events::recorded::{ApprovalAction, ApprovalRequested};
use kernel::{ApprovalId, OperatorId, StreamId};

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
    let seen = changes(work, &action).map(|(_, changes)| changes);
    let requested = ApprovalRequested {
        action,
        requested_by: acting.operator,
        requested_by_name: acting.name,
        session: acting.session,
        reason: acting.reason,
        expires_at: now + options.lives,
        seen,
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

/// Refuses whoever approves if they may be the same person as whoever asked, as far as the log can tell: who lets somebody in is shown what they
/// log in with. It is not recorded.
pub(super) fn require_independent(
    options: &ApprovalOptions,
    work: &Decision<'_>,
    requested: &ApprovalRequested,
) -> Result<(), ExecuteError> {
    let decider = work.acting().ok_or(ExecuteError::NoOperatorAccount)?.operator;
    let (one, other) = (behind(options, work, decider), behind(options, work, requested.requested_by));
    // One operator behind both could be both.
    match one.is_disjoint(&other) {
        true => Ok(()),
        false => Err(ExecuteError::ApprovalNotIndependent),
    }
}

/// How long it counts who let an operator in, at the least. An approval that waits for a shorter time is no reason to trust them sooner.
const LET_IN_LASTS: TimeDelta = TimeDelta::hours(24);

/// An operator, whoever let them in of late, whoever let in those, and so on.
fn behind(options: &ApprovalOptions, work: &Decision<'_>, operator: OperatorId) -> BTreeSet<OperatorId> {
    let lasts = options.lives.max(LET_IN_LASTS);
    let (mut found, mut open) = (BTreeSet::new(), vec![operator]);
    while let Some(next) = open.pop() {
        if !found.insert(next) {
            continue;
        }
        // One that is missing is read, and all is decided again.
        let known: Option<&Operator> = work.get(next.into());
        let let_in_by = known.into_iter().flat_map(|known| &known.let_in_by);
        open.extend(let_in_by.filter(|(_, at)| !work.has_passed(**at + lasts)).map(|(by, _)| *by));
    }
    found
}

/// Refuses what would undo a change that whoever asked did not know of. `false` if it is refused, or while a stream is missing.
pub(super) fn is_as_it_was(work: &mut Decision<'_>, requested: &ApprovalRequested) -> bool {
    let now = changes(work, &requested.action);
    if work.lacks_any() {
        return false;
    }
    match now.zip(requested.seen) {
        Some(((stream, now), seen)) if now != seen => {
            work.rests_on(stream);
            work.refuse(Refusal::ChangedSince);
            false
        }
        _ => true,
    }
}

/// How often the rate or the limit that an action is about was changed, and where that stands; none of all other actions.
fn changes(work: &Decision<'_>, action: &ApprovalAction) -> Option<(StreamId, u64)> {
    match action {
        ApprovalAction::RateSet { from, to, .. } => {
            let stream = from.rate_stream(*to);
            let changes = work.stream(stream).map_or(0, |known| known.version.number().unsigned_abs());
            Some((stream, changes))
        }
        ApprovalAction::LimitSet(set) => Some((StreamId::LIMITS, work.limits().changes_of(&set.name))),
        ApprovalAction::LimitDeleted { name } => Some((StreamId::LIMITS, work.limits().changes_of(name))),
        _ => None,
    }
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
