//! A code is given for a password reset: with a right one the member has another password.

use std::error::Error;

use domain::member::{Code, DecidedEvent, Deciding, MemberRefusal, PasswordError, PasswordReset, StateReader};
use events::recorded::{Event, PasswordResetCompleted, PasswordResetEvent, StreamKind};
use kernel::{MemberId, StreamId};
use log::Appended;
use uuid::Uuid;
use vault::{Names, PasswordHash, SentCode};

use super::{
    MemberError, MemberRules, Members,
    member_rules::{MemberAnswer, answer_or_refusal},
    sealing::{code_in_force, is_right, sent_code, vault_failed},
    start_password_reset::actor_of_reset,
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork},
};

/// A reset that was completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetCompleted {
    /// Who has another password.
    pub member: MemberId,
    /// The sessions that ended with it now.
    pub ended: Vec<Uuid>,
}

/// A new password that the vault keeps, not in force yet.
#[derive(Clone, Copy, Debug)]
struct KeptPassword {
    member: MemberId,
    id: Uuid,
}

struct CompletePasswordReset {
    reset: StreamId,
    code: Code,
    /// Whether the code was sent.
    sent: Vec<SentCode>,
    /// None while it is only looked whether the code is right, and if it was found wrong.
    kept: Option<KeptPassword>,
    /// What the rules say of the new password. Told to nobody but who gives a right code, and decided here, after all codes
    /// that came before.
    unfit: Option<PasswordError>,
    /// Nothing is to be written.
    is_look: bool,
}

impl CompletePasswordReset {
    /// Whether it is the code that was sent to the contact which the member has now. One that went to a contact of before is
    /// worth nothing.
    fn is_right(&self, deciding: &Deciding<'_, UnitOfWork>, names: &Names) -> bool {
        let reset = deciding.known.password_reset(self.reset);
        let contact = reset.and_then(|reset| deciding.resetting(&reset)).map(|(_, person)| person.contact);
        let sent = |serial| {
            sent_code(&self.sent, serial, false).filter(|code| code.contact.is_some() && code.contact == contact)
        };
        let issued = reset.map(|reset| (PasswordReset::SERIAL, reset.expires_at));
        is_right(names, self.reset, code_in_force(issued.into_iter(), deciding.now, sent), &self.code)
    }

    fn events(&self, deciding: Deciding<'_, UnitOfWork>, names: &Names) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let is_right = self.is_right(&deciding, names);
        deciding.complete_reset(self.reset, is_right, self.kept.map_or(Uuid::nil(), |kept| kept.id))
    }

    /// An error if these events put a password in force that is unfit, or that the vault does not hold.
    fn require_password(&self, events: &[DecidedEvent]) -> Result<(), MemberError> {
        let completed = |event: &DecidedEvent| match event {
            DecidedEvent::Complete(_, Event::PasswordReset(PasswordResetEvent::Completed(it))) => Some(it.member),
            _ => None,
        };
        let Some(member) = events.iter().find_map(completed).filter(|_| !self.is_look) else { return Ok(()) };
        if let Some(unfit) = self.unfit {
            return Err(MemberError::NewPassword(unfit));
        }
        // Else the code arrived, or the login id changed hands, after it was looked at.
        self.kept.filter(|kept| kept.member == member).map(drop).ok_or(ExecuteError::Contended.into())
    }
}

impl Command for CompletePasswordReset {
    type Rules = MemberRules;
    type Answer = MemberAnswer<KeptPassword>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = self.events(rules.deciding(work), rules.names());
        if !work.lacks_any() {
            decided.as_ref().map_or(Ok(()), |events| self.require_password(events))?;
        }
        rules.record_plain(decided, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<KeptPassword>, IncompleteEvents> {
        answer_or_refusal(events, events.iter().find_map(completed_by))
    }
}

fn completed_by(event: &PendingEvent) -> Option<KeptPassword> {
    match &event.recorded {
        Event::PasswordReset(PasswordResetEvent::Completed(completed)) => {
            let &PasswordResetCompleted { member, password } = completed;
            Some(KeptPassword { member, id: password })
        }
        _ => None,
    }
}

impl Members {
    /// The member who would get another password with this code now; none if it is not right. Nothing is written.
    pub async fn would_reset(&self, reset: Uuid, code: &Code) -> Result<Option<MemberId>, MemberError> {
        let look = self.completion(reset, code.clone()).await?;
        let events = self.engine().foresee(actor_of_reset(reset), &look).await?;
        Ok(events.iter().find_map(completed_by).map(|kept| kept.member))
    }

    /// Whether there is such a reset; else an error.
    pub async fn require_reset(&self, reset: Uuid) -> Result<(), MemberError> {
        self.require_kind(StreamId::new(reset), StreamKind::PasswordReset, MemberError::ResetUnknown).await.map(drop)
    }

    /// Completes a password reset: `new` is the member who [`Members::would_reset`] found, and the new password, or why it cannot
    /// be one; none if it found nobody, or the request was answered before. All sessions of the member end.
    pub async fn complete_reset(
        &self,
        reset: Uuid,
        code: Code,
        new: Option<(MemberId, Result<PasswordHash, PasswordError>)>,
        meta: Meta,
    ) -> Result<Receipt<ResetCompleted>, MemberError> {
        let work = move |members: Self, claim| async move {
            let vault = &members.shared.vault;
            let (kept, unfit) = match new {
                Some((member, Ok(hash))) => {
                    let kept = KeptPassword { member, id: members.shared.ids.fresh() };
                    vault.keep_pending(kept.id, member, &hash, None).await.map_err(vault_failed)?;
                    (Some(kept), None)
                }
                Some((_, Err(unfit))) => (None, Some(unfit)),
                None => (None, None),
            };
            let look = members.completion(reset, code).await?;
            let command = CompletePasswordReset { kept, unfit, is_look: false, ..look };
            let receipt = members.carry_out(&claim, (actor_of_reset(reset), meta), command).await;
            if let (Err(MemberError::Refused { .. }), Some(kept)) = (&receipt, kept)
                && let Err(error) = vault.discard(kept.id, kept.member).await
            {
                tracing::warn!(error = &error as &dyn Error, "a password that nobody gets is left to the sweep");
            }
            let receipt = receipt?;
            // Also the second time: the first may have ended before this. It is done once.
            let KeptPassword { member, id } = receipt.answer;
            let ended = vault.settle_reset(id, member, receipt.token).await.map_err(vault_failed)?;
            Ok(receipt.map(|_| ResetCompleted { member, ended }))
        };
        self.accept(meta, work).await
    }

    /// The command as a look: with what the vault has of the reset, and no password.
    async fn completion(&self, reset: Uuid, code: Code) -> Result<CompletePasswordReset, MemberError> {
        self.require_reset(reset).await?;
        let sent = self.shared.vault.codes_sent(reset).await.map_err(vault_failed)?;
        Ok(CompletePasswordReset { reset: StreamId::new(reset), code, sent, kept: None, unfit: None, is_look: true })
    }
}
