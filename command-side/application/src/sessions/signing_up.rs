//! What a code is sent to a contact for, and how often that may be.

use std::{net::IpAddr, time::Instant};

use domain::member::Contact;
use kernel::MemberId;

use super::{NewMember, Reception, ReceptionError};
use crate::{CodeSent, Meta, SignUp, Told};

impl Reception {
    /// Begins a sign-up and has a code sent to the contact.
    pub(super) async fn sign_up(
        &self,
        from: IpAddr,
        wish: NewMember,
        meta: Meta,
    ) -> Result<Told<CodeSent>, ReceptionError> {
        self.0.throttles.sign_ups.begin(from, Instant::now())?;
        self.count_code(&wish.contact)?;
        let NewMember { login_id, password, contact, real_name, consents } = wish;
        // Hashed whoever it is, and whatever comes of it: the time it takes tells nothing.
        let password_hash = self.passwords().hash(password.expose().clone()).await?;
        let wish = SignUp { login_id, password_hash, contact, real_name, consents };
        self.told(meta, self.members().sign_up(wish, meta)).await
    }

    /// Begins a change of contact and has a code sent to the new one.
    pub(super) async fn change_contact(
        &self,
        member: MemberId,
        contact: Contact,
        meta: Meta,
    ) -> Result<Told<CodeSent>, ReceptionError> {
        self.count_code(&contact)?;
        self.told(meta, self.members().change_contact(member, contact, meta)).await
    }

    /// Nobody's mailbox is filled by others, and nobody guesses codes for another's contact one sign-up after another.
    fn count_code(&self, contact: &Contact) -> Result<(), ReceptionError> {
        let key = self.vault().names().throttle(contact.channel().as_str(), contact.expose());
        self.0.throttles.codes.begin(key, Instant::now())
    }
}
