//! A member is to be erased: nothing is done for them from now on, and the process runner does the rest.

use std::error::Error;

use domain::{
    Status,
    member::{Standing, StateReader},
};
use events::recorded::{Event, MemberEvent, StreamKind};
use kernel::{Actor, MemberId, StreamId};
use log::Appended;
use uuid::Uuid;

use super::{
    MemberError, MemberRules, Members,
    member_rules::{MemberAnswer, answer_or_refusal},
};
use crate::engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork};

struct EraseMember {
    member: MemberId,
    erasure: Uuid,
    reason: Option<String>,
}

impl EraseMember {
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
    type Answer = MemberAnswer<Uuid>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        // Asked for twice, it is done once.
        if self.earlier(work).is_some() {
            return Ok(());
        }
        let all_closed = self.are_accounts_closed(work);
        let reason = self.reason.clone();
        let decided = rules.deciding(work).request_erasure(self.member, self.erasure, reason, all_closed);
        rules.record_plain(decided, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<MemberAnswer<Uuid>, IncompleteEvents> {
        if events.is_empty() {
            return self.earlier(unit).map(Ok).ok_or(IncompleteEvents);
        }
        let requested = |event: &PendingEvent| match &event.recorded {
            Event::Member(MemberEvent::ErasureRequested(requested)) => Some(requested.erasure),
            _ => None,
        };
        answer_or_refusal(events, events.iter().find_map(requested))
    }
}

impl Members {
    /// What came of a request to be erased, if it is in the log.
    pub async fn erasure_requested(&self, member: MemberId, meta: Meta) -> Result<Option<Receipt<Uuid>>, MemberError> {
        self.recall(&meta, &EraseMember { member, erasure: Uuid::nil(), reason: None }).await
    }

    /// Asks for a member to be erased: nothing is done for them from now on, and the process runner does the rest. Asked for
    /// again, the erasure is the same.
    pub async fn request_erasure(
        &self,
        member: MemberId,
        actor: Actor,
        reason: Option<String>,
        meta: Meta,
    ) -> Result<Receipt<Uuid>, MemberError> {
        let work = move |members: Self, claim| async move {
            let stream = StreamId::new(member.uuid());
            members.require_kind(stream, StreamKind::Member, MemberError::MemberUnknown).await?;
            let erase = EraseMember { member, erasure: members.shared.ids.fresh(), reason };
            let receipt = members.carry_out(&claim, (actor, meta), erase).await?;
            if let Err(error) = members.shared.vault.revoke_member(member).await {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "a leaving member's tokens are left to the process runner"
                );
            }
            Ok(receipt)
        };
        self.accept(meta, work).await
    }
}
