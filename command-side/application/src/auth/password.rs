//! What a member who is logged in must give the password once more for.

use std::{error::Error, time::Instant};

use chrono::TimeDelta;
use domain::{
    Approval,
    member::{Password, as_typed},
};
use kernel::{Actor, ApprovalId, MemberId, TransferId};
use secrecy::SecretString;
use uuid::Uuid;

use super::{AuthError, AuthService};
use crate::{AnsweredTransfer, ApprovalAnswer, ErasureAnswer, ExecuteError, MemberError, Meta, OperatorAct, Receipt};

/// How long after an erasure its member gets the answer of the request for it again.
const REPEATED_FOR: TimeDelta = TimeDelta::days(1);

impl AuthService {
    /// Another password. All other sessions of the member end.
    pub(super) async fn change_password(
        &self,
        actor: Actor,
        session: Option<Uuid>,
        current: SecretString,
        new: SecretString,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        let member = actor.id;
        let login_id = self.members().login_id(member).await?;
        let new = Password::parse(&new, &login_id).map_err(AuthError::NewPassword)?;
        if let Some(receipt) = self.not_refused(meta).await? {
            return self.finish_change(receipt, member, session, current, new, meta).await;
        }
        self.prove(actor, current, meta).await?;
        let hash = self.passwords().hash(new.expose().clone()).await?;
        // Before, so that a crash leaves no session that should have ended; after, for one that was begun with the old
        // password meanwhile.
        let ended_before = self.end_other_sessions(member, session).await?;
        let receipt = self.recorded(meta, self.members().password_changed(member, hash, meta)).await?;
        if self.end_other_sessions(member, session).await? || ended_before {
            self.wait_until_refused_everywhere().await;
        }
        Ok(receipt)
    }

    /// The change is in the log already. Only if the password in force is still the one before it is it carried to the
    /// vault now: else that was done, or undone by a later change, and must not be done again.
    async fn finish_change(
        &self,
        receipt: Receipt<()>,
        member: MemberId,
        session: Option<Uuid>,
        before: SecretString,
        new: Password,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        if self.matches(member, before).await? {
            let hash = self.passwords().hash(new.expose().clone()).await?;
            self.recorded(meta, self.members().password_changed(member, hash, meta)).await?;
        }
        self.end_other_sessions(member, session).await?;
        // The first request for it may have been answered by nobody, before every server knew.
        self.wait_until_refused_everywhere().await;
        Ok(receipt)
    }

    /// A member leaves: nothing is done for them from now on, and all that is theirs is erased.
    pub(super) async fn leave(
        &self,
        actor: Actor,
        password: SecretString,
        meta: Meta,
    ) -> Result<Receipt<Uuid>, AuthError> {
        // A repeated request gets the first answer again, whether or not there still is a password.
        if self.not_refused(meta).await?.is_none() {
            self.prove(actor, password, meta).await?;
        }
        let receipt = self.recorded(meta, self.members().request_erasure(actor.id, actor, None, None, meta)).await?;
        self.refuse_everywhere(actor.id).await?;
        Ok(receipt)
    }

    /// The answer that a member got when they left, while the erasure is under way and for a day after. What proves that it is the
    /// same principal: a token that was signed for the member, the key, and the password, which is in the fingerprint that the log
    /// holds. Nothing is done, and whatever is not that answer is refused like the token.
    pub(super) async fn left_before(&self, member: MemberId, meta: Meta) -> Result<Receipt<Uuid>, AuthError> {
        let refused = || AuthError::from(MemberError::Execute(ExecuteError::TokenRefused));
        let receipt = match self.members().erasure_requested(member, meta).await {
            Ok(found) => found.ok_or_else(refused)?,
            Err(MemberError::Refused { .. } | MemberError::Execute(ExecuteError::KeyReused)) => return Err(refused()),
            Err(error) => return Err(error.into()),
        };
        let certificate = self.vault().certificate(receipt.answer).await?;
        match certificate.map(|kept| kept.erased_at + REPEATED_FOR) {
            // Every server has refused the member's tokens since long.
            Some(until) if self.0.parts.clock.now() < until => Ok(receipt),
            Some(_) => Err(refused()),
            None => {
                self.refuse_everywhere(member).await?;
                Ok(receipt)
            }
        }
    }

    /// Has a member erased, or asks a second operator; by an operator, with a reason.
    pub(super) async fn ask_to_erase(
        &self,
        member: MemberId,
        actor: Actor,
        reason: String,
        act: Option<OperatorAct>,
        meta: Meta,
    ) -> Result<Receipt<ErasureAnswer>, AuthError> {
        let asking = self.members().ask_for_erasure(member, actor, Some(reason), act, meta);
        let receipt = self.recorded(meta, asking).await?;
        if let ErasureAnswer::Erasing(_) = receipt.answer {
            self.refuse_everywhere(member).await?;
        }
        Ok(receipt)
    }

    /// Approves that a member is erased, which another operator asked for.
    pub(super) async fn approve_erasure(
        &self,
        approval: ApprovalId,
        member: MemberId,
        actor: Actor,
        act: Option<OperatorAct>,
        meta: Meta,
    ) -> Result<Receipt<ApprovalAnswer>, AuthError> {
        let before = self.members().erasure_approved(approval, meta).await;
        let receipt = match before {
            Err(error) => return Err(self.refusal(error, meta, true).await),
            Ok(Some(receipt)) => receipt,
            Ok(None) => match self.members().approve_erasure(approval, member, (actor, act), meta).await {
                Err(error) => return Err(self.refusal(error, meta, false).await),
                Ok(receipt) => receipt,
            },
        };
        if receipt.answer.refused.is_none() {
            self.refuse_everywhere(member).await?;
        }
        Ok(receipt)
    }

    /// What was asked for by an approval, and what has become of it; none if there is no such approval.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, AuthError> {
        Ok(self.members().approval(id).await?)
    }

    /// What was answered to the command that a transfer came of.
    pub async fn answered_transfer(&self, transfer: TransferId) -> Result<AnsweredTransfer, AuthError> {
        Ok(self.members().answered_transfer(transfer).await?)
    }

    /// Before the answer leaves, every server refuses the member's tokens: command servers and query servers read revocations once
    /// a second, and are waited for. If the vault does not answer, nor does this: the request can be sent again.
    async fn refuse_everywhere(&self, member: MemberId) -> Result<(), AuthError> {
        self.revoked().insert(member.uuid());
        let limit = self.members().shared.options.revoked_everywhere;
        if !self.vault().revoke_everywhere(member, limit).await? {
            tracing::warn!(member.id = %member, "a server has not read revocations in time");
        }
        Ok(())
    }

    /// Before the answer leaves, every server refuses the tokens of the sessions that ended. They have ended whether or not this
    /// can be told, so the answer leaves in any case.
    pub(super) async fn wait_until_refused_everywhere(&self) {
        match self.vault().known_everywhere(self.members().shared.options.revoked_everywhere).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("a server has not read in time which sessions have ended"),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::warn!(error, "it cannot be told whether every server knows which sessions have ended");
            }
        }
    }

    /// Whether it is really the member; a no is recorded.
    async fn prove(&self, actor: Actor, password: SecretString, meta: Meta) -> Result<(), AuthError> {
        let passwords = &self.0.throttles.passwords;
        let key = self.vault().names().throttle("member", &actor.id.to_string());
        passwords.begin(key, Instant::now())?;
        match self.matches(actor.id, password).await {
            Ok(true) => {
                passwords.clear(key);
                Ok(())
            }
            Ok(false) => {
                let refused = self.members().refuse(actor, "password-wrong", meta).await;
                Err(self.refusal(refused, meta, false).await)
            }
            Err(error) => {
                passwords.take_back(key);
                Err(error)
            }
        }
    }

    async fn matches(&self, member: MemberId, password: SecretString) -> Result<bool, AuthError> {
        let hash = self.vault().of(member).await?;
        let known = hash.is_some();
        Ok(self.passwords().verify(as_typed(&password), hash).await?.matches && known)
    }

    /// Whether there were any.
    async fn end_other_sessions(&self, member: MemberId, but: Option<Uuid>) -> Result<bool, AuthError> {
        let ended = self.vault().end_sessions(member, but).await?;
        ended.iter().for_each(|session| self.revoked().insert(*session));
        Ok(!ended.is_empty())
    }
}
