//! A member is to be erased: nothing is done for them from now on, and the process runner does the rest.

use std::error::Error;

use domain::{
    Status,
    member::{DecidedEvent, MemberRefusal, Standing, StateReader},
};
use events::recorded::{ApprovalAction, Event, MemberEvent, StreamKind};
use kernel::{Actor, ApprovalKind, MemberId, StreamId};
use log::Appended;
use uuid::Uuid;

use super::{
    MemberError, MemberRules, Members,
    approval::ask,
    approval_answer::{ApprovalAnswer, asked_in},
    member_rules::{MemberAnswer, answer_or_refusal},
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, OperatorAct, PendingEvent, Receipt, UnitOfWork},
};

/// What came of a request to have a member erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErasureAnswer {
    /// The erasure is under way.
    Erasing(Uuid),
    /// It waits for a second operator.
    Asked(ApprovalAnswer),
}

/// Have a member erased. Asked for twice, it is done once.
pub(super) struct EraseMember {
    pub(super) member: MemberId,
    pub(super) erasure: Uuid,
    pub(super) reason: Option<String>,
}

impl EraseMember {
    /// What the rules say of it; nothing has to be done if it was asked for before.
    pub(super) fn decided(
        &self,
        rules: &MemberRules,
        work: &Decision<'_>,
    ) -> Option<Result<Vec<DecidedEvent>, MemberRefusal>> {
        if self.earlier(work).is_some() {
            return None;
        }
        let all_closed = self.are_accounts_closed(work);
        Some(rules.deciding(work).request_erasure(self.member, self.erasure, self.reason.clone(), all_closed))
    }

    /// The erasure that was asked for before this one.
    fn earlier(&self, known: &UnitOfWork) -> Option<Uuid> {
        match known.person(self.member)?.standing {
            Standing::Active => None,
            Standing::Erasing { erasure } | Standing::Erased { erasure } => Some(erasure),
        }
    }

    /// Whether no account of the member is open.
    fn are_accounts_closed(&self, known: &UnitOfWork) -> bool {
        // Opening an account writes to the owner's stream: what was opened before its version is among the accounts, and
        // what is opened after it conflicts with this.
        known.owner(self.member);
        let owned = known.owned_accounts(self.member).unwrap_or_default();
        let open =
            owned.iter().filter(|account| known.account(**account).is_some_and(|it| it.status != Status::Closed));
        open.count() == 0
    }
}

impl Command for EraseMember {
    type Rules = MemberRules;
    type Answer = MemberAnswer<ErasureAnswer>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let Some(decided) = self.decided(rules, work) else { return Ok(()) };
        if decided.is_ok() && !work.lacks_any() && work.acting().is_some() {
            if rules.approvals.kinds.contains(ApprovalKind::Erasure) {
                let action = ApprovalAction::Erasure { member: self.member, reason: self.reason.clone() };
                return Ok(ask(&rules.approvals, work, action)?);
            }
            work.go_unapproved();
        }
        rules.record_plain(decided, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<MemberAnswer<ErasureAnswer>, IncompleteEvents> {
        if events.is_empty() {
            return self.earlier(unit).map(|erasure| Ok(ErasureAnswer::Erasing(erasure))).ok_or(IncompleteEvents);
        }
        if let Some(asked) = asked_in(events) {
            return Ok(Ok(ErasureAnswer::Asked(asked)));
        }
        let requested = |event: &PendingEvent| match &event.recorded {
            Event::Member(MemberEvent::ErasureRequested(requested)) => Some(requested.erasure),
            _ => None,
        };
        answer_or_refusal(events, events.iter().find_map(requested).map(ErasureAnswer::Erasing))
    }
}

impl Members {
    /// What came of a request to be erased, if it is in the log.
    pub async fn erasure_requested(&self, member: MemberId, meta: Meta) -> Result<Option<Receipt<Uuid>>, MemberError> {
        let found = self.recall(&meta, &EraseMember { member, erasure: Uuid::nil(), reason: None }).await?;
        found.map(erasing).transpose()
    }

    /// Asks for a member to be erased: nothing is done for them from now on, and the process runner does the rest. Asked for
    /// again, the erasure is the same. By a member, or by an operator who needs no second one.
    pub async fn request_erasure(
        &self,
        member: MemberId,
        actor: Actor,
        reason: Option<String>,
        act: Option<OperatorAct>,
        meta: Meta,
    ) -> Result<Receipt<Uuid>, MemberError> {
        erasing(self.ask_for_erasure(member, actor, reason, act, meta).await?)
    }

    /// The same by anybody: it may wait for a second operator.
    pub async fn ask_for_erasure(
        &self,
        member: MemberId,
        actor: Actor,
        reason: Option<String>,
        act: Option<OperatorAct>,
        meta: Meta,
    ) -> Result<Receipt<ErasureAnswer>, MemberError> {
        let work = move |members: Self, claim| async move {
            let stream = StreamId::new(member.uuid());
            members.require_kind(stream, StreamKind::Member, MemberError::MemberUnknown).await?;
            let erase = EraseMember { member, erasure: members.shared.ids.fresh(), reason };
            let receipt = members.carry_out_act(&claim, (actor, meta, act), erase).await?;
            if let ErasureAnswer::Erasing(_) = receipt.answer {
                members.revoke_leaving(member).await;
            }
            Ok(receipt)
        };
        self.accept(meta, work).await
    }

    /// Has servers refuse the tokens of a member who leaves.
    pub(super) async fn revoke_leaving(&self, member: MemberId) {
        if let Err(error) = self.shared.vault.revoke_member(member).await {
            tracing::warn!(error = &error as &dyn Error, "a leaving member's tokens are left to the process runner");
        }
    }
}

/// The erasure, if it is under way. It waits for nobody where no operator who logged in asked.
fn erasing(receipt: Receipt<ErasureAnswer>) -> Result<Receipt<Uuid>, MemberError> {
    match receipt.answer {
        ErasureAnswer::Erasing(erasure) => Ok(receipt.map(|_| erasure)),
        ErasureAnswer::Asked(_) => Err(ExecuteError::Internal.into()),
    }
}
