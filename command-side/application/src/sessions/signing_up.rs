//! Signing up, and what else a code is sent for.

use std::{net::IpAddr, time::Instant};

use domain::member::{Code, Contact};
use kernel::{Actor, MemberId};
use uuid::Uuid;
use vault::Certificate;

use super::{NewMember, Reception, ReceptionError};
use crate::{CodeSent, Meta, PersonalData, SignUp, Told};

impl Reception {
    /// Begins a sign-up and has a code sent to the contact.
    pub async fn sign_up(&self, from: IpAddr, wish: NewMember, meta: Meta) -> Result<Told<CodeSent>, ReceptionError> {
        self.0.throttles.sign_ups.begin(from, Instant::now())?;
        self.count_code(&wish.contact)?;
        let NewMember { login_id, password, contact, real_name, consents } = wish;
        // Hashed whoever it is, and whatever comes of it: the time it takes tells nothing.
        let password_hash = self.passwords().hash(password.expose().clone()).await?;
        let wish = SignUp { login_id, password_hash, contact, real_name, consents };
        self.told(meta, self.members().sign_up(wish, meta)).await
    }

    /// Has another code sent for a sign-up.
    pub async fn resend(&self, sign_up: Uuid, meta: Meta) -> Result<Told<CodeSent>, ReceptionError> {
        self.told(meta, self.members().resend(sign_up, meta)).await
    }

    /// Completes a sign-up with the code that was sent.
    pub async fn verify(&self, sign_up: Uuid, code: Code, meta: Meta) -> Result<Told<MemberId>, ReceptionError> {
        self.told(meta, self.members().verify(sign_up, code, meta)).await
    }

    /// Begins a change of contact and has a code sent to the new one.
    pub async fn change_contact(
        &self,
        member: MemberId,
        contact: Contact,
        meta: Meta,
    ) -> Result<Told<CodeSent>, ReceptionError> {
        self.count_code(&contact)?;
        self.told(meta, self.members().change_contact(member, contact, meta)).await
    }

    /// Completes a change of contact with the code that was sent.
    pub async fn verify_contact(&self, member: MemberId, code: Code, meta: Meta) -> Result<Told<()>, ReceptionError> {
        self.told(meta, self.members().verify_contact(member, code, meta)).await
    }

    /// Shows a member's personal data to an operator, and records who looked and why.
    pub async fn disclose(
        &self,
        member: MemberId,
        actor: Actor,
        reason: String,
        meta: Meta,
    ) -> Result<Told<PersonalData>, ReceptionError> {
        self.told(meta, self.members().disclose(member, actor, reason, meta)).await
    }

    /// Proof that a member was erased, once they are.
    pub async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, ReceptionError> {
        Ok(self.members().certificate(erasure).await?)
    }

    /// Nobody's mailbox is filled by others, and nobody guesses codes for another's contact one sign-up after another.
    fn count_code(&self, contact: &Contact) -> Result<(), ReceptionError> {
        let key = self.vault().names().throttle(contact.channel().as_str(), contact.expose());
        self.0.throttles.codes.begin(key, Instant::now())
    }
}
