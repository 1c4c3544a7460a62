//! From a command to the use case that carries it out.

use std::{net::IpAddr, time::Instant};

use sha2::{Digest, Sha256};
use uuid::Uuid;
use vault::Copies;

use super::{AuthError, AuthService, ErasureProof, MemberCommand, MemberOutcome};
use crate::{ErasureAnswer, ExecuteError, MemberError, Meta, Receipt};

impl AuthService {
    /// Carries out a command and answers when the outcome is durable.
    pub async fn execute(&self, command: MemberCommand, meta: Meta) -> Result<Receipt<MemberOutcome>, AuthError> {
        match command {
            MemberCommand::SignUp { from, new_member } => {
                self.sign_up(from, *new_member, meta).await.map(|receipt| receipt.map(MemberOutcome::SignUpCode))
            }
            MemberCommand::Resend { from, sign_up } => {
                self.count_code(from)?;
                let receipt = self.recorded(meta, self.members().resend(sign_up, meta)).await?;
                Ok(receipt.map(MemberOutcome::SignUpCode))
            }
            MemberCommand::Verify { from, sign_up, code, login_id } => {
                self.count_code(from)?;
                let receipt = self.verify(sign_up, code, login_id, meta).await?;
                Ok(receipt.map(MemberOutcome::Joined))
            }
            MemberCommand::StartReset { from, login_id } => {
                let receipt = self.start_reset(from, &login_id, meta).await?;
                Ok(receipt.map(MemberOutcome::ResetStarted))
            }
            MemberCommand::CompleteReset { from, reset, code, new } => {
                let receipt = self.complete_reset(from, reset, code, new, meta).await?;
                Ok(receipt.map(|()| MemberOutcome::Done))
            }
            MemberCommand::ChangeContact { member, contact } => {
                let receipt = self.recorded(meta, self.members().change_contact(member, contact, meta)).await?;
                Ok(receipt.map(MemberOutcome::ContactCode))
            }
            MemberCommand::VerifyContact { member, code } => {
                let receipt = self.recorded(meta, self.members().verify_contact(member, code, meta)).await?;
                Ok(receipt.map(|()| MemberOutcome::Done))
            }
            MemberCommand::ChangePassword { actor, session, current, new } => {
                let receipt = self.change_password(actor, session, current, new, meta).await?;
                Ok(receipt.map(|()| MemberOutcome::Done))
            }
            MemberCommand::KeepDevice { member, device, registration } => {
                let receipt = self.keep_device(member, device, &registration, meta).await?;
                Ok(receipt.map(|()| MemberOutcome::Done))
            }
            MemberCommand::RemoveDevice { member, device } => {
                let receipt = self.remove_device(member, device, meta).await?;
                Ok(receipt.map(|()| MemberOutcome::Done))
            }
            MemberCommand::SetNotifications { member, preferences } => {
                let receipt = self.set_notifications(member, &preferences, meta).await?;
                Ok(receipt.map(|()| MemberOutcome::Notifications(preferences)))
            }
            MemberCommand::Leave { actor, password } => {
                self.leave(actor, password, meta).await.map(|receipt| receipt.map(MemberOutcome::Erasing))
            }
            MemberCommand::LeftBefore { member } => {
                self.left_before(member, meta).await.map(|receipt| receipt.map(MemberOutcome::Erasing))
            }
            MemberCommand::Erase { member, actor, reason, act } => {
                let receipt = self.ask_to_erase(member, actor, reason, act, meta).await?;
                Ok(receipt.map(|answer| match answer {
                    ErasureAnswer::Erasing(erasure) => MemberOutcome::Erasing(erasure),
                    ErasureAnswer::Asked(asked) => MemberOutcome::ErasureAsked(asked),
                }))
            }
            MemberCommand::ApproveErasure { approval, member, actor, act } => {
                let receipt = self.approve_erasure(approval, member, actor, act, meta).await?;
                Ok(receipt.map(MemberOutcome::ErasureApproved))
            }
            MemberCommand::Disclose { member, actor, reason, act } => {
                let receipt = self.recorded(meta, self.members().disclose(member, actor, reason, act, meta)).await?;
                Ok(receipt.map(|data| MemberOutcome::Disclosed(member, data)))
            }
        }
    }

    /// Proof that a member was erased, once they are. Whoever has the id of the erasure may have it; `from` is where one who is
    /// not an operator asked.
    pub async fn certificate(&self, from: Option<IpAddr>, erasure: Uuid) -> Result<Option<ErasureProof>, AuthError> {
        if let Some(from) = from {
            self.0.throttles.certificates.begin(from, Instant::now())?;
        }
        let Some(certificate) = self.members().certificate(erasure).await? else { return Ok(None) };
        let text = serde_json::to_vec(&certificate).map_err(|_| MemberError::Execute(ExecuteError::Internal))?;
        let digest = hex::encode(Sha256::digest(text));
        let epochs = self.vault().key_epochs().await?;
        let named = certificate.key_epochs.as_deref();
        let copies = Copies::of(named, certificate.erased_at, &epochs, &self.0.options.key_schedule);
        Ok(Some(ErasureProof { certificate, digest, copies }))
    }
}
