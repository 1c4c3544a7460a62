//! Sign-ups: begun, charged to where they come from, and completed.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Instant,
};

use domain::member::{Code, LoginId};
use kernel::MemberId;
use secrecy::SecretString;
use uuid::Uuid;

use super::{AuthError, AuthService, NewMember};
use crate::{CodeSent, MemberError, Meta, Receipt, SignUp};

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
        let origin = self.origin(from);
        let request = SignUp { login_id, password_hash, contact, real_name, consents, origin };
        self.recorded(meta, self.members().sign_up(request, meta)).await
    }

    /// Whom the messages of a sign-up are charged to. An address of this very machine is that of a proxy whose header is not
    /// trusted: it stands for everybody, so nobody in particular is charged. Of IPv6 the site (/48) is charged: one customer
    /// of a provider often has all of its networks.
    fn origin(&self, from: IpAddr) -> Option<Uuid> {
        let tells = !from.is_loopback() && !from.is_unspecified();
        tells.then(|| Uuid::from_bytes(self.vault().names().throttle("origin", &site(from).to_string())))
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
        if matches!(receipt, Err(AuthError::Member(MemberError::LoginIdTaken))) {
            login_ids.begin(sign_up, Instant::now())?;
        }
        receipt
    }

    async fn verify_with(
        &self,
        sign_up: Uuid,
        code: Code,
        login_id: Option<LoginId>,
        meta: Meta,
    ) -> Result<Receipt<MemberId>, AuthError> {
        if let Some(login_id) = &login_id
            && self.not_refused(meta).await?.is_none()
            && self.members().would_verify(sign_up, &code).await?
            && self.is_password_of(sign_up, login_id).await?
        {
            return Err(AuthError::LoginIdIsPassword);
        }
        self.recorded(meta, self.members().verify(sign_up, code, login_id, meta)).await
    }

    /// Whether a login id is the password of a sign-up. That it is part of it cannot be seen from a hash.
    async fn is_password_of(&self, sign_up: Uuid, login_id: &LoginId) -> Result<bool, AuthError> {
        let Some(pending) = self.vault().pending(sign_up).await? else { return Ok(false) };
        Ok(self.passwords().verify(SecretString::from(login_id.expose()), Some(pending.hash)).await?.matches)
    }
}

/// The site that an address belongs to.
fn site(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_many_networks() {
        let site_of = |text: &str| site(text.parse().expect("an address")).to_string();
        assert_eq!(site_of("2001:db8:1:2::"), "2001:db8:1::");
        assert_eq!(site_of("2001:db8:1:ffff::"), "2001:db8:1::");
        assert_eq!(site_of("2001:db8:2:2::"), "2001:db8:2::");
        assert_eq!(site_of("192.0.2.7"), "192.0.2.7");
    }
}
