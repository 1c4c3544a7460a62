//! The use cases of members: signing up, contacts, passwords, erasure.
//!
//! Members come and go a thousand times less often than money moves, so there is no batching here: a command loads the few
//! streams it needs, decides, and appends one commit. The log decides what is true; the vault is brought after it, by the
//! command at once and by the [`BackOffice`] whatever crashed.

mod asking;
mod error;

use std::sync::Arc;

pub use asking::{CodeSent, MemberOptions, MemberStanding, Meta, PersonalData, SignUp, Told};
use domain::member::{Code, Contact};
pub use error::MemberError;
use kernel::{Actor, Clock, Ids, MemberId};
use uuid::Uuid;
use vault::{Certificate, PasswordHash, Vault};

/// The log as members need it.
pub trait MemberLog: log::Append + log::ReadStreams + log::ReadHead {}

impl<T: log::Append + log::ReadStreams + log::ReadHead> MemberLog for T {}

/// The use cases of members. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    log: Arc<dyn MemberLog>,
    vault: Arc<dyn Vault>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    options: Arc<MemberOptions>,
}

impl Members {
    /// On a log and a vault.
    pub fn new(
        log: Arc<dyn MemberLog>,
        vault: Arc<dyn Vault>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
        options: MemberOptions,
    ) -> Self {
        Self { log, vault, ids, clock, options: Arc::new(options) }
    }

    /// Begins a sign-up and has a code sent to the contact.
    pub async fn sign_up(&self, wish: SignUp, meta: Meta) -> Result<Told<CodeSent>, MemberError> {
        todo!()
    }

    /// Has another code sent for a sign-up.
    pub async fn resend(&self, sign_up: Uuid, meta: Meta) -> Result<Told<CodeSent>, MemberError> {
        todo!()
    }

    /// Completes a sign-up with the code that was sent.
    pub async fn verify(&self, sign_up: Uuid, code: Code, meta: Meta) -> Result<Told<MemberId>, MemberError> {
        todo!()
    }

    /// Begins a change of contact and has a code sent to the new one.
    pub async fn change_contact(
        &self,
        member: MemberId,
        contact: Contact,
        meta: Meta,
    ) -> Result<Told<CodeSent>, MemberError> {
        todo!()
    }

    /// Completes a change of contact with the code that was sent.
    pub async fn verify_contact(&self, member: MemberId, code: Code, meta: Meta) -> Result<Told<()>, MemberError> {
        todo!()
    }

    /// Another password. The caller has verified the current one a moment ago, and ends the member's other sessions after.
    pub async fn password_changed(
        &self,
        member: MemberId,
        new: PasswordHash,
        meta: Meta,
    ) -> Result<Told<()>, MemberError> {
        todo!()
    }

    /// What came of a command without an answer of its own, such as a change of password, if it is in the log: to be asked before a
    /// check that would come out otherwise the second time.
    pub async fn told_before(&self, meta: &Meta) -> Result<Option<Told<()>>, MemberError> {
        todo!()
    }

    /// Records that a rule outside of the members' streams refused a member's command, such as `password-wrong`.
    pub async fn refuse(&self, actor: Actor, code: &'static str, meta: Meta) -> MemberError {
        todo!()
    }

    /// Asks for a member to be erased: nothing is done for them from now on, and the back office does the rest.
    pub async fn request_erasure(
        &self,
        member: MemberId,
        actor: Actor,
        reason: Option<String>,
        meta: Meta,
    ) -> Result<Told<Uuid>, MemberError> {
        todo!()
    }

    /// Shows a member's personal data to an operator, and records who looked and why.
    pub async fn disclose(
        &self,
        member: MemberId,
        actor: Actor,
        reason: String,
        meta: Meta,
    ) -> Result<Told<PersonalData>, MemberError> {
        todo!()
    }

    /// Proof that a member was erased, once they are.
    pub async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, MemberError> {
        todo!()
    }

    /// Whether anything may be done for a member; none if there never was one.
    pub async fn state(&self, member: MemberId) -> Result<Option<MemberStanding>, MemberError> {
        todo!()
    }

    /// What a member logs in with: a new password must not contain it.
    pub async fn login_id(&self, member: MemberId) -> Result<domain::member::LoginId, MemberError> {
        todo!()
    }
}
