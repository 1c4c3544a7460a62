//! The oracle's own book of approvals: what needs a second operator is done once, when another one has approved it, and is what was asked for.

use std::collections::{HashMap, HashSet};

use events::recorded::{
    AccountEvent, ApprovalAction, ApprovalEvent, ApprovalGranted, ApprovalRequested, Event, LimitsEvent, MemberEvent,
    OperatorActEvent, OperatorActed, PartnerEvent, PartnerKeyEvent, RateEvent, RefusedCommandEvent, TransferEvent,
};
use kernel::{ApprovalKind, OperatorId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
};

/// What operators asked for. What was decided is kept as its id only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Approvals {
    pending: HashMap<Uuid, ApprovalRequested>,
    over: HashSet<Uuid>,
}

impl Approvals {
    /// Applies a commit, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) {
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::Approval(approval) => self.approval(event, approval, commit),
                Event::OperatorAct(OperatorActEvent::Acted(acted)) => act_fault(acted, commit),
                _ => continue,
            };
            findings.require(Rule::Approvals, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
    }

    /// What is wrong with an event of an approval.
    fn approval(&mut self, event: &assemble::Event, happened: &ApprovalEvent, commit: &Commit) -> Option<String> {
        if let ApprovalEvent::Requested(requested) = happened {
            let is_fresh =
                !self.over.contains(&event.stream) && self.pending.insert(event.stream, requested.clone()).is_none();
            let is_theirs = commit.operator == Some(requested.requested_by.uuid());
            return (!is_fresh || !is_theirs).then(|| format!("is not asked for by {}", requested.requested_by));
        }
        let Some(requested) = self.pending.remove(&event.stream) else {
            return Some("is decided, and nobody asked for it, or it was decided before".to_owned());
        };
        self.over.insert(event.stream);
        if commit.recorded_at >= requested.expires_at {
            return Some("is decided after its time".to_owned());
        }
        match happened {
            ApprovalEvent::Granted(granted) => decider_fault(granted.approver, &requested, commit)
                .or_else(|| grant_fault(event.stream, granted, &requested, commit)),
            ApprovalEvent::Rejected(rejected) => decider_fault(rejected.rejected_by, &requested, commit),
            ApprovalEvent::Withdrawn(_) => (commit.operator != Some(requested.requested_by.uuid()))
                .then(|| format!("is withdrawn by another operator than {}", requested.requested_by)),
            ApprovalEvent::Requested(_) => None,
        }
    }
}

/// Whoever decides sent the command, and did not ask.
fn decider_fault(decider: OperatorId, requested: &ApprovalRequested, commit: &Commit) -> Option<String> {
    if commit.operator != Some(decider.uuid()) {
        return Some(format!("is said to be decided by {decider}, who did not send the command"));
    }
    (decider == requested.requested_by).then(|| format!("is decided by {decider}, who asked for it"))
}

/// What is wrong with an approval that was granted: the commit does what was asked for and nothing else that needs one, and says whose act it is.
fn grant_fault(id: Uuid, granted: &ApprovalGranted, requested: &ApprovalRequested, commit: &Commit) -> Option<String> {
    if !commit.unreadable.is_empty() {
        return None;
    }
    let act = commit.events.iter().find_map(|event| match &event.recorded {
        Event::OperatorAct(OperatorActEvent::Acted(acted)) => Some(acted),
        _ => None,
    });
    let is_named = act.is_some_and(|acted| {
        let by = acted
            .approval
            .as_ref()
            .map(|approval| (approval.approval_id.uuid(), approval.approver, approval.approver_name.as_str()));
        let asked = (acted.operator, acted.name.as_str(), acted.reason.as_str());
        by == Some((id, granted.approver, granted.approver_name.as_str()))
            && asked == (requested.requested_by, requested.requested_by_name.as_str(), requested.reason.as_str())
    });
    if !is_named {
        return Some("is granted in a commit that does not say whose act it is".to_owned());
    }
    let needs = needs(commit);
    let is_right = match &granted.refused {
        Some(code) => needs.is_none() && is_refused(code, commit),
        None => needs.is_none_or(|needs| needs == requested.action.kind()) && does(&requested.action, commit),
    };
    (!is_right)
        .then(|| format!("is granted, and what was asked for ({}) is not what was done", requested.action.kind()))
}

/// What is wrong with an act: what needs a second operator has one, or the bank was set not to ask.
fn act_fault(acted: &OperatorActed, commit: &Commit) -> Option<String> {
    if !commit.unreadable.is_empty() {
        return None;
    }
    match (&acted.approval, needs(commit)) {
        (Some(approval), _) => {
            let is_granted = commit.events.iter().any(|event| {
                matches!(event.recorded, Event::Approval(ApprovalEvent::Granted(_)))
                    && event.stream == approval.approval_id.uuid()
            });
            (!is_granted).then(|| format!("names approval {}, which the commit does not grant", approval.approval_id))
        }
        (None, Some(kind)) if !acted.unapproved => Some(format!("did what needs a second operator ({kind}) alone")),
        (None, _) => None,
    }
}

/// As what a commit needs a second operator, if an operator with an account asked for it.
fn needs(commit: &Commit) -> Option<ApprovalKind> {
    let is_frozen = |event: &&assemble::Event| matches!(event.recorded, Event::Account(AccountEvent::Frozen(_)));
    let needed = commit.events.iter().find_map(|event| match &event.recorded {
        Event::Transfer(TransferEvent::Reversed(_)) => Some(ApprovalKind::Reversal),
        Event::Member(MemberEvent::ErasureRequested(_)) => Some(ApprovalKind::Erasure),
        Event::Limits(_)
        | Event::Account(AccountEvent::LimitsAssigned(_))
        | Event::Partner(PartnerEvent::QuotasSet(_)) => Some(ApprovalKind::Limits),
        Event::Rate(RateEvent::Set(_)) => Some(ApprovalKind::Rates),
        Event::PartnerKey(PartnerKeyEvent::Issued(_)) => Some(ApprovalKind::PartnerKeys),
        _ => None,
    });
    needed.or_else(|| (commit.events.iter().filter(is_frozen).count() > 1).then_some(ApprovalKind::FreezeMany))
}

fn is_refused(code: &str, commit: &Commit) -> bool {
    commit.events.iter().any(|event| match &event.recorded {
        Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => refused.refusal.code == code,
        Event::Transfer(TransferEvent::Rejected(rejected)) => rejected.refusal.code == code,
        _ => false,
    })
}

/// Whether a commit does what was asked for.
fn does(action: &ApprovalAction, commit: &Commit) -> bool {
    let any =
        |is_it: &dyn Fn(Uuid, &Event) -> bool| commit.events.iter().any(|event| is_it(event.stream, &event.recorded));
    match action {
        ApprovalAction::Reversal { transfer, .. } => any(&|stream, event| {
            matches!(event, Event::Transfer(TransferEvent::Reversed(_))) && stream == transfer.uuid()
        }),
        // Those that were frozen so before have no event.
        ApprovalAction::FreezeMany { accounts, scope, .. } => commit.events.iter().all(|event| {
            let Event::Account(account) = &event.recorded else { return true };
            let AccountEvent::Frozen(frozen) = account else { return false };
            frozen.scope == *scope && accounts.iter().any(|account| account.uuid() == event.stream)
        }),
        // Nothing is done where it was asked for before.
        ApprovalAction::Erasure { member, .. } => commit.events.iter().all(|event| match &event.recorded {
            Event::Member(MemberEvent::ErasureRequested(_)) => event.stream == member.uuid(),
            _ => true,
        }),
        ApprovalAction::LimitSet(asked) => {
            any(&|_, event| matches!(event, Event::Limits(LimitsEvent::Set(set)) if *set == **asked))
        }
        ApprovalAction::LimitDeleted { name } => {
            any(&|_, event| matches!(event, Event::Limits(LimitsEvent::Deleted(deleted)) if deleted.name == *name))
        }
        ApprovalAction::LimitsAssigned { account, limits } => any(&|stream, event| match event {
            Event::Account(AccountEvent::LimitsAssigned(assigned)) => {
                stream == account.uuid() && sorted(&assigned.limits) == sorted(limits)
            }
            _ => false,
        }),
        ApprovalAction::PartnerQuotas { partner, requests_per_second, burst, limits } => {
            any(&|stream, event| match event {
                Event::Partner(PartnerEvent::QuotasSet(set)) => {
                    let asked = (*requests_per_second, *burst, sorted(limits));
                    stream == partner.uuid() && (set.requests_per_second, set.burst, sorted(&set.limits)) == asked
                }
                _ => false,
            })
        }
        // The projector does it later: the commit only says that it may.
        ApprovalAction::ViewPromotion { .. } => {
            commit.events.iter().all(|event| matches!(event.recorded, Event::Approval(_) | Event::OperatorAct(_)))
        }
        ApprovalAction::RateSet { from, to, rate, spread_bps, .. } => any(&|_, event| match event {
            Event::Rate(RateEvent::Set(set)) => {
                (set.from, set.to, set.spread_bps) == (*from, *to, *spread_bps) && set.rate == *rate
            }
            _ => false,
        }),
        ApprovalAction::PartnerKey { partner, key, scopes, expires_at, digest } => any(&|stream, event| match event {
            Event::PartnerKey(PartnerKeyEvent::Issued(issued)) => {
                stream == key.uuid()
                    && (issued.partner, issued.expires_at) == (*partner, *expires_at)
                    && (&issued.scopes, &issued.digest) == (scopes, digest)
            }
            _ => false,
        }),
    }
}

fn sorted(names: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
#[path = "approvals_tests.rs"]
mod tests;
