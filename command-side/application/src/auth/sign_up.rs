//! Sign-ups: begun, charged to where they come from, and completed.

use std::{net::IpAddr, time::Instant};

use domain::member::{Code, LoginId};
use kernel::MemberId;
use secrecy::SecretString;
use uuid::Uuid;

use super::{AuthError, AuthService, NewMember};
use crate::{CodeSent, MemberError, Meta, OtherLogin, Receipt, SignUp};

impl AuthService {
    /// Begins a sign-up and has a code sent to the contact.
    pub(super) async fn sign_up(
        &self,
        from: IpAddr,
        new_member: NewMember,
        meta: Meta,
    ) -> Result<Receipt<CodeSent>, AuthError> {
        self.0.throttles.sign_ups.begin(from, Instant::now())?;
        let NewMember { login_id, password, contact, real_name, consents } = new_member;
        // Hashed whoever it is, and whatever comes of it: the time it takes shows nothing.
        let password_hash = self.passwords().hash(password.expose().clone()).await?;
        let (characters, origin) = (password.characters(), self.origin(from));
        let request = SignUp { login_id, password_hash, characters, contact, real_name, consents, origin };
        self.recorded(meta, self.members().sign_up(request, meta)).await
    }

    /// Counts a code that is asked for or given, before anything is read: whoever has no token is known by the address only.
    pub(super) fn count_code(&self, from: IpAddr) -> Result<(), AuthError> {
        self.0.throttles.codes.begin(from, Instant::now())
    }

    /// Completes a sign-up with the code that was sent.
    pub(super) async fn verify(
        &self,
        sign_up: Uuid,
        code: Code,
        login_id: Option<LoginId>,
        meta: Meta,
    ) -> Result<Receipt<MemberId>, AuthError> {
        // Whoever has a right code may look for a free login id with it, but not through all there are.
        let login_ids = &self.0.throttles.login_ids;
        login_ids.check(&sign_up, Instant::now())?;
        let receipt = self.verify_with(sign_up, code, login_id, meta).await;
        if matches!(receipt, Err(AuthError::Member(MemberError::LoginIdTaken | MemberError::LoginIdInPassword))) {
            login_ids.begin(sign_up, Instant::now())?;
        }
        receipt
    }

    /// What is said of the login id is decided with the code, for who has a right one: a code that is looked at and does not count
    /// could be guessed.
    async fn verify_with(
        &self,
        sign_up: Uuid,
        code: Code,
        login_id: Option<LoginId>,
        meta: Meta,
    ) -> Result<Receipt<MemberId>, AuthError> {
        let login = match login_id {
            Some(login_id) if self.not_refused(meta).await?.is_none() => {
                let in_password = self.may_be_in_password_of(sign_up, &login_id).await?;
                Some(OtherLogin { login_id, in_password })
            }
            login_id => login_id.map(|login_id| OtherLogin { login_id, in_password: false }),
        };
        self.recorded(meta, self.members().verify(sign_up, code, login, meta)).await
    }

    /// Whether the password of a sign-up may contain a login id. Of a sign-up of an earlier build only a hash is there, which shows
    /// whether it is the password.
    async fn may_be_in_password_of(&self, sign_up: Uuid, login_id: &LoginId) -> Result<bool, AuthError> {
        if let Some(known) = self.members().may_be_in_password(sign_up, login_id).await? {
            return Ok(known);
        }
        let Some(pending) = self.vault().pending(sign_up).await? else { return Ok(false) };
        Ok(self.passwords().verify(SecretString::from(login_id.expose()), Some(pending.hash)).await?.matches)
    }
}
