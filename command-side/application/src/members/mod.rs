//! The use cases of members: signing up, contacts, passwords, erasure.
//!
//! Members come and go a thousand times less often than money moves, so there is no batching here: a command loads the few
//! streams it needs, decides, and appends one commit. The log decides what is true; the vault is brought after it, by the
//! command at once and by the [`ProcessRunner`] whatever crashed.

mod accounts;
mod asking;
mod contacts;
mod erasure;
mod error;
mod execute;
mod handler;
mod process;
mod sign_up;
mod stream_locks;
mod translating;
mod unit_of_work;
mod vaulting;

use std::sync::Arc;

pub use asking::{CodeSent, MemberOptions, MemberStanding, Meta, PersonalData, Receipt, SignUp};
use domain::member::{Code, Contact, LoginId};
pub use error::MemberError;
use kernel::{Actor, Clock, Ids, MemberId};
pub use process::ProcessRunner;
use tokio::{sync::Notify, time::timeout_at};
use uuid::Uuid;
use vault::{Certificate, PasswordHash, Vault};

use self::{execute::GRACE, stream_locks::StreamLocks, vaulting::vault_failed};
use crate::{ExecuteError, executor::in_flight::InFlight};

/// The log as members need it.
pub trait MemberLog: log::Append + log::ReadStreams + log::ReadHead + log::ReadTyped + log::OwnedAccounts {}

impl<T: log::Append + log::ReadStreams + log::ReadHead + log::ReadTyped + log::OwnedAccounts> MemberLog for T {}

/// The use cases of members. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    shared: Arc<Shared>,
}

struct Shared {
    log: Arc<dyn MemberLog>,
    vault: Arc<dyn Vault>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    options: MemberOptions,
    stream_locks: StreamLocks,
    in_flight: InFlight,
    /// Tells the process runner that there is something to do.
    wake: Notify,
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
        let (stream_locks, in_flight, wake) = (StreamLocks::new(), InFlight::default(), Notify::new());
        Self { shared: Arc::new(Shared { log, vault, ids, clock, options, stream_locks, in_flight, wake }) }
    }

    /// Begins a sign-up and has a code sent to the contact.
    pub async fn sign_up(&self, wish: SignUp, meta: Meta) -> Result<Receipt<CodeSent>, MemberError> {
        self.accept(meta, |members| async move { members.sign_up_now(wish, meta).await }).await
    }

    /// Has another code sent for a sign-up.
    pub async fn resend(&self, sign_up: Uuid, meta: Meta) -> Result<Receipt<CodeSent>, MemberError> {
        self.accept(meta, move |members| async move { members.resend_now(sign_up, meta).await }).await
    }

    /// Completes a sign-up with the code that was sent; with another login id than it began with, if one is given.
    pub async fn verify(
        &self,
        sign_up: Uuid,
        code: Code,
        login: Option<LoginId>,
        meta: Meta,
    ) -> Result<Receipt<MemberId>, MemberError> {
        self.accept(meta, move |members| async move { members.verify_now(sign_up, code, login, meta).await }).await
    }

    /// Whether a code would complete a sign-up now, but for its login id.
    pub async fn would_verify(&self, sign_up: Uuid, code: &Code) -> Result<bool, MemberError> {
        self.would_verify_now(sign_up, code).await
    }

    /// Begins a change of contact and has a code sent to the new one.
    pub async fn change_contact(
        &self,
        member: MemberId,
        contact: Contact,
        meta: Meta,
    ) -> Result<Receipt<CodeSent>, MemberError> {
        self.accept(meta, move |members| async move { members.change_contact_now(member, contact, meta).await }).await
    }

    /// Completes a change of contact with the code that was sent.
    pub async fn verify_contact(&self, member: MemberId, code: Code, meta: Meta) -> Result<Receipt<()>, MemberError> {
        self.accept(meta, move |members| async move { members.verify_contact_now(member, code, meta).await }).await
    }

    /// Another password. The caller has verified the current one a moment ago, and ends the member's other sessions after.
    pub async fn password_changed(
        &self,
        member: MemberId,
        new: PasswordHash,
        meta: Meta,
    ) -> Result<Receipt<()>, MemberError> {
        self.accept(meta, move |members| async move { members.password_changed_now(member, new, meta).await }).await
    }

    /// What came of a command without an answer of its own, such as a change of password, if it is in the log: to be asked
    /// when a check fails that would fail the second time though the first time it did not, such as the current password's.
    pub async fn told_before(&self, meta: &Meta) -> Result<Option<Receipt<()>>, MemberError> {
        self.told_before_now(meta).await
    }

    /// Records that a member's command was refused by a check outside of the log, with a code that is kept, such as
    /// `password-wrong`; gives the error to answer with.
    pub async fn refuse(&self, actor: Actor, code: &'static str, meta: Meta) -> MemberError {
        let refused = move |members: Self| async move { Err::<(), _>(members.refuse_now(actor, code, meta).await) };
        match self.accept(meta, refused).await {
            Err(error) => error,
            Ok(()) => ExecuteError::Internal.into(),
        }
    }

    /// Asks for a member to be erased: nothing is done for them from now on, and the process runner does the rest. Asked for
    /// again, the erasure is the same.
    pub async fn request_erasure(
        &self,
        member: MemberId,
        actor: Actor,
        reason: Option<String>,
        meta: Meta,
    ) -> Result<Receipt<Uuid>, MemberError> {
        let work = move |members: Self| async move { members.request_erasure_now(member, actor, reason, meta).await };
        self.accept(meta, work).await
    }

    /// Shows a member's personal data to an operator, and records who looked and why.
    pub async fn disclose(
        &self,
        member: MemberId,
        actor: Actor,
        reason: String,
        meta: Meta,
    ) -> Result<Receipt<PersonalData>, MemberError> {
        self.accept(meta, move |members| async move { members.disclose_now(member, actor, reason, meta).await }).await
    }

    /// Proof that a member was erased, once they are. The vault has it a moment before the log tells: until then neither
    /// the login id nor the contact is free again, and the erasure is not completed.
    pub async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, MemberError> {
        let kept = self.shared.vault.certificate(erasure).await.map_err(vault_failed)?;
        let Some(kept) = kept else { return Ok(None) };
        let told = self.state_now(kept.member_id).await? == Some(MemberStanding::Erased);
        Ok(told.then_some(kept))
    }

    /// Whether anything may be done for a member; none if there never was one.
    pub async fn state(&self, member: MemberId) -> Result<Option<MemberStanding>, MemberError> {
        self.state_now(member).await
    }

    /// What a member logs in with: a new password must not contain it.
    pub async fn login_id(&self, member: MemberId) -> Result<LoginId, MemberError> {
        self.login_id_now(member).await
    }

    /// Carries a command out to its end, even if the caller goes away: between the log and the vault nothing is left half
    /// done that need not be.
    async fn accept<T, F>(&self, meta: Meta, work: impl FnOnce(Self) -> F) -> Result<T, MemberError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, MemberError>> + Send + 'static,
    {
        let claim = self.shared.in_flight.claim(meta.command_id).ok_or(ExecuteError::InFlight)?;
        let work = work(self.clone());
        let task = tasks::brief(async move {
            let result = work.await;
            drop(claim);
            result
        });
        match timeout_at(meta.deadline + 2 * GRACE, task).await {
            Ok(Ok(result)) => result,
            // It died with the command in hand, or takes too long.
            Ok(Err(_)) | Err(_) => Err(ExecuteError::OutcomeUnknown.into()),
        }
    }
}
