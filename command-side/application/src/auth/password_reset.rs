//! Password resets: begun for any login id, and completed with the code that went to the member's contact.

use std::{net::IpAddr, time::Instant};

use domain::member::{Code, LoginId, Password};
use kernel::MemberId;
use tokio::time;
use uuid::Uuid;
use vault::PasswordHash;

use super::{AuthError, AuthService, departure::leave};
use crate::{MemberError, Meta, Receipt, ResetStarted};

impl AuthService {
    /// Begins a password reset. Nothing is looked up here that depends on whether a member has the login id.
    pub(super) async fn start_reset(
        &self,
        from: IpAddr,
        login_id: &LoginId,
        meta: Meta,
    ) -> Result<Receipt<ResetStarted>, AuthError> {
        self.0.throttles.resets.begin(from, Instant::now())?;
        self.recorded(meta, self.members().start_reset(login_id, self.origin(from), meta)).await
    }

    /// Completes a password reset. All sessions of the member end. What is refused leaves at a fixed time after it arrived: the
    /// streams and keys that are read differ with whether somebody has the login id.
    pub(super) async fn complete_reset(
        &self,
        from: IpAddr,
        reset: Uuid,
        code: Code,
        new: Password,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        let arrived = time::Instant::now();
        let wrong_codes = &self.0.throttles.wrong_codes;
        wrong_codes.begin(from, Instant::now())?;
        let completed = self.complete_with(from, reset, code, new, meta).await;
        match &completed {
            Err(AuthError::Refused { .. }) => leave(arrived, self.0.options.refusals_leave_after).await,
            _ => wrong_codes.take_back(&from),
        }
        completed
    }

    async fn complete_with(
        &self,
        from: IpAddr,
        reset: Uuid,
        code: Code,
        new: Password,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        let hashed = match self.not_refused(meta).await? {
            Some(_) => None,
            None => self.hash_for(reset, &code, &new).await?,
        };
        let receipt = self.recorded(meta, self.members().complete_reset(reset, code, hashed, meta)).await?;
        for session in &receipt.answer.ended {
            self.revoked().insert(*session);
        }
        // Who reads the contact's messages is the member: what was tried from here before holds nobody up.
        if let Ok(login_id) = self.members().login_id(receipt.answer.member).await {
            let network = self.login_network(login_id.expose(), from);
            self.remember(receipt.answer.member, network).await;
        }
        Ok(receipt.map(|_| ()))
    }

    /// The new password of the member whose code this is, hashed; none if the code is not right. What the rules say about the
    /// login id is told only to who has the code.
    async fn hash_for(
        &self,
        reset: Uuid,
        code: &Code,
        new: &Password,
    ) -> Result<Option<(MemberId, PasswordHash)>, AuthError> {
        let Some(member) = self.members().would_reset(reset, code).await? else { return Ok(None) };
        let login_id = match self.members().login_id(member).await {
            Ok(login_id) => login_id,
            // They are just being erased.
            Err(MemberError::MemberUnknown) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        new.check_against(&login_id).map_err(AuthError::NewPassword)?;
        let hash = self.passwords().hash(new.expose().clone()).await?;
        Ok(Some((member, hash)))
    }
}
