//! Password resets: begun for any login id, and completed with the code that went to the member's contact.

use std::{net::IpAddr, time::Instant};

use domain::member::{Code, LoginId, Password, PasswordError};
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

    /// Completes a password reset. All sessions of the member end. Whatever is not done leaves at a fixed time after it arrived: the
    /// streams and keys that are read differ with whether somebody has the login id. It counts too, whatever the error is: else
    /// two requests at once would be one try.
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
            Ok(_) => wrong_codes.take_back(from),
            Err(_) => leave(arrived, self.0.options.refusals_leave_after).await,
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
        let new = match self.not_refused(meta).await? {
            Some(_) => None,
            None => self.hash_for(reset, &code, &new).await?,
        };
        let receipt = self.recorded(meta, self.members().complete_reset(reset, code, new, meta)).await?;
        for session in &receipt.answer.ended {
            self.revoked().insert(*session);
        }
        // Who reads the contact's messages is the member: what was tried from here before holds nobody up.
        if let Ok(login_id) = self.members().login_id(receipt.answer.member).await {
            let network = self.login_network(login_id.expose(), from);
            self.remember(receipt.answer.member, network).await;
        }
        if !receipt.answer.ended.is_empty() {
            self.wait_until_refused_everywhere().await;
        }
        Ok(receipt.map(|_| ()))
    }

    /// Who would have the new password, and its hash, or what the rules say of it; none if the code is not right. It is hashed
    /// first, whoever it is, and what was found is told by the command only: a code that is looked at and does not count could
    /// be guessed.
    async fn hash_for(
        &self,
        reset: Uuid,
        code: &Code,
        new: &Password,
    ) -> Result<Option<(MemberId, Result<PasswordHash, PasswordError>)>, AuthError> {
        self.members().require_reset(reset).await?;
        let hash = self.passwords().hash(new.expose().clone()).await?;
        let Some(member) = self.members().would_reset(reset, code).await? else { return Ok(None) };
        match self.members().login_id(member).await {
            Ok(login_id) => Ok(Some((member, new.check_against(&login_id).map(|()| hash)))),
            // They are just being erased.
            Err(MemberError::MemberUnknown) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
