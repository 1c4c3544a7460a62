//! Signing up: a request to become a member.

use chrono::{DateTime, Utc};
use domain::member::{Consents, Contact, LoginId, PasswordCharacters, RealName, UnsealedEvent};
use events::recorded::{Event, MemberEvent, SignUpEvent, SignUpStarted};
use kernel::{Actor, MemberId, Place, Role, StreamId, Version};
use log::Appended;
use uuid::Uuid;
use vault::{DataKey, PasswordHash};

use super::{
    MemberError, MemberRules, Members,
    member_rules::{At, MemberAnswer, answer_or_refusal},
    sealing::{seal, vault_failed},
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork},
};

/// A request to become a member. The password has been checked, and hashed.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// What they will log in with.
    pub login_id: LoginId,
    /// Their password, hashed.
    pub password_hash: PasswordHash,
    /// Which characters of login ids the password has.
    pub characters: PasswordCharacters,
    /// By what they are reached.
    pub contact: Contact,
    /// Their name.
    pub real_name: RealName,
    /// What they agree to.
    pub consents: Consents,
    /// Where the request came from, as a keyed hash; none if nothing is known. Messages are charged to it.
    pub origin: Option<Uuid>,
}

/// A code is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeSent {
    /// The sign-up, or the member whose contact is to change.
    pub id: Uuid,
    /// When the code ends.
    pub expires_at: DateTime<Utc>,
    /// When another may be asked for.
    pub resend_after: DateTime<Utc>,
}

struct BeginSignUp {
    sign_up: StreamId,
    member: MemberId,
    login: StreamId,
    contact: StreamId,
    request: SignUp,
    /// None while it is only looked whether the request can be granted.
    key: Option<DataKey>,
}

impl BeginSignUp {
    fn seal(&self, event: UnsealedEvent, at: At) -> Result<Event, MemberError> {
        let (UnsealedEvent::SignUpStarted(start), Some(key)) = (event, &self.key) else {
            return Err(ExecuteError::Internal.into());
        };
        let SignUp { login_id, contact, real_name, consents, .. } = &self.request;
        let started = SignUpStarted {
            member: start.member,
            channel: contact.channel(),
            login_id: seal(key, at.field("login_id"), login_id.expose())?,
            contact: seal(key, at.field("contact"), contact.expose())?,
            real_name: seal(key, at.field("real_name"), real_name.expose())?,
            consents: consents.iter().cloned().collect(),
            login_key: start.login,
            contact_key: start.contact,
            decoy: false,
            expires_at: start.expires_at,
            code_expires_at: start.code.expires_at,
            resend_after: start.code.resend_after,
        };
        Ok(started.into())
    }
}

impl Command for BeginSignUp {
    type Rules = MemberRules;
    type Answer = MemberAnswer<CodeSent>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).begin(self.sign_up, self.member, self.login, self.contact);
        if self.key.is_none() && decided.is_ok() {
            return Ok(());
        }
        rules.record(decided, work, |event, at, _| self.seal(event, at))
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<CodeSent>, IncompleteEvents> {
        answer_or_refusal(events, code_sent(events))
    }
}

/// The code that these events issued.
pub fn code_sent(events: &[PendingEvent]) -> Option<CodeSent> {
    events.iter().find_map(|event| {
        let (expires_at, resend_after) = match &event.recorded {
            Event::SignUp(SignUpEvent::Started(e)) => (e.code_expires_at, e.resend_after),
            Event::SignUp(SignUpEvent::CodeIssued(e)) => (e.expires_at, e.resend_after),
            Event::Member(MemberEvent::ContactChangeStarted(e)) => (e.expires_at, e.resend_after),
            _ => return None,
        };
        Some(CodeSent { id: event.stream.uuid(), expires_at, resend_after })
    })
}

/// Where the characters of a pending password are sealed: on no version of the sign-up's stream, for they are not in the log.
pub fn characters_of(sign_up: Uuid) -> Place {
    Place { stream: StreamId::new(sign_up), version: Version::ZERO, field: "characters" }
}

impl Members {
    /// Begins a sign-up and has a code sent to the contact.
    pub async fn sign_up(&self, request: SignUp, meta: Meta) -> Result<Receipt<CodeSent>, MemberError> {
        let work = move |members: Self, claim| async move {
            let names = members.shared.vault.names();
            let login = names.login(request.login_id.expose());
            let contact = members.contact_name(&request.contact);
            let (sign_up, member) = (members.shared.ids.fresh(), MemberId::new(members.shared.ids.fresh()));
            let actor = Actor { role: Role::Member, id: member };
            let mut begin = BeginSignUp { sign_up: StreamId::new(sign_up), member, login, contact, request, key: None };
            if let Some(receipt) = members.recall(&meta, &begin).await? {
                return Ok(receipt);
            }
            // A login id that is taken is refused before the vault is asked. Nothing else is said from here on: for a contact
            // that is free and for one that is a member's all is done alike.
            members.engine().foresee(actor, &begin).await?;
            let vault = &members.shared.vault;
            let key = vault.make_key(member).await.map_err(vault_failed)?;
            let SignUp { password_hash, characters, origin, .. } = &begin.request;
            let characters = seal(&key, characters_of(sign_up), characters.expose())?;
            vault.keep_pending(sign_up, member, password_hash, *origin).await.map_err(vault_failed)?;
            vault.keep_characters(sign_up, &characters).await.map_err(vault_failed)?;
            begin.key = Some(key);
            let receipt = members.carry_out(&claim, (actor, meta), begin).await;
            if let Err(MemberError::LoginIdTaken) = receipt
                && let Err(error) = vault.discard(sign_up, member).await
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what a sign-up left in the vault is left to the sweep"
                );
            }
            receipt
        };
        self.accept(meta, work).await
    }
}
