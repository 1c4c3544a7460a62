//! A code is given for a sign-up: a right one makes a member.

use std::error::Error;

use chrono::{DateTime, Utc};
use domain::member::{
    Code, DecidedEvent, Deciding, LoginId, MemberRefusal, PasswordCharacters, StateReader, UnsealedEvent,
};
use events::recorded::{Event, MemberJoined, SignUpEvent, StreamKind};
use kernel::{Actor, MemberId, Role, StreamId, Version};
use log::Appended;
use uuid::Uuid;
use vault::{DataKey, Names, SentCode};

use super::{
    MemberError, MemberRules, Members,
    member_rules::{At, MemberAnswer, answer_or_refusal},
    sealing::{code_in_force, is_right, open, reseal, seal, sent_code, vault_failed},
    sign_up::characters_of,
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork},
};

/// A login id that a sign-up is completed with instead of the one it began with.
#[derive(Clone, Debug)]
pub struct OtherLogin {
    /// The login id.
    pub login_id: LoginId,
    /// Whether it may be part of the password.
    pub in_password: bool,
}

struct VerifySignUp {
    sign_up: StreamId,
    code: Code,
    /// Another login id than the one the sign-up began with.
    login: Option<OtherLogin>,
    /// Other names of its contact, under which an earlier build may have reserved it.
    spellings: Vec<StreamId>,
    /// What the vault has of it.
    kept: Kept,
}

/// What the vault has of a sign-up.
struct Kept {
    /// None if the sign-up is over and its key destroyed.
    key: Option<DataKey>,
    /// Which codes were sent.
    sent: Vec<SentCode>,
    /// Whether the sign-up may still be completed, as far as the vault knows.
    open: bool,
}

impl VerifySignUp {
    /// Whether the code is the newest one that was sent and has not expired. A sign-up of an earlier build holds
    /// reservations, of which somebody else may have taken one; which of its codes were sent was not kept then.
    fn is_right(&self, deciding: &Deciding<'_, UnitOfWork>, names: &Names) -> bool {
        let unit = deciding.known;
        let issued = unit.sign_up_events(self.sign_up).iter().filter_map(sign_up_code);
        let holds = |name| unit.name(name).is_of_sign_up(self.sign_up);
        let reserved = unit.sign_up(self.sign_up).is_some_and(|it| holds(it.start.login) || holds(it.start.contact));
        let in_force = code_in_force(issued, deciding.now, |serial| sent_code(&self.kept.sent, serial, reserved));
        is_right(names, self.sign_up, in_force, &self.code)
    }

    fn events(&self, deciding: Deciding<'_, UnitOfWork>, names: &Names) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let right = self.is_right(&deciding, names);
        if right && !self.kept.open {
            // It was completed, or its contact became a member's by another sign-up or a change.
            return Err(MemberRefusal::SignUpEnded);
        }
        let login = self.login.as_ref().map(|login| names.login(login.login_id.expose()));
        deciding.verify(self.sign_up, right, login, &self.spellings)
    }

    fn seal(&self, event: UnsealedEvent, at: At, unit: &UnitOfWork) -> Result<Event, MemberError> {
        let UnsealedEvent::MemberJoined { login, contact } = event else { return Err(ExecuteError::Internal.into()) };
        let start = unit.sign_up_started(self.sign_up).ok_or(ExecuteError::Internal)?;
        let from = At { stream: self.sign_up, version: Version::ZERO.next() };
        let key = self.kept.key.as_ref().ok_or(ExecuteError::Internal)?;
        let again = |field, sealed| reseal(key, from.field(field), sealed, at.field(field));
        let login_id = match &self.login {
            Some(other) => seal(key, at.field("login_id"), other.login_id.expose())?,
            None => again("login_id", &start.login_id)?,
        };
        let joined = MemberJoined {
            sign_up: self.sign_up.uuid(),
            channel: start.channel,
            login_id,
            contact: again("contact", &start.contact)?,
            real_name: again("real_name", &start.real_name)?,
            consents: start.consents.clone(),
            login_key: login,
            contact_key: contact,
        };
        Ok(joined.into())
    }
}

impl Command for VerifySignUp {
    type Rules = MemberRules;
    type Answer = MemberAnswer<MemberId>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = self.events(rules.deciding(work), rules.names());
        if !work.lacks_any() && self.login.as_ref().is_some_and(|login| login.in_password) && has_right_code(&decided) {
            return Err(MemberError::LoginIdInPassword);
        }
        rules.record(decided, work, |event, at, unit| self.seal(event, at, unit))
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<MemberId>, IncompleteEvents> {
        let completed = |event: &PendingEvent| match &event.recorded {
            Event::SignUp(SignUpEvent::Completed(completed)) => Some(completed.member),
            _ => None,
        };
        answer_or_refusal(events, events.iter().find_map(completed))
    }
}

/// Whether the code was right: only then the names are looked at.
fn has_right_code(decided: &Result<Vec<DecidedEvent>, MemberRefusal>) -> bool {
    let completes =
        |event: &DecidedEvent| matches!(event, DecidedEvent::Complete(_, Event::SignUp(SignUpEvent::Completed(_))));
    match decided {
        Ok(events) => events.iter().any(completes),
        Err(refusal) => *refusal == MemberRefusal::LoginIdTaken,
    }
}

/// The code of a sign-up that an event issued, and when it ends.
fn sign_up_code(event: &SignUpEvent) -> Option<(u32, DateTime<Utc>)> {
    match event {
        SignUpEvent::Started(e) => Some((1, e.code_expires_at)),
        SignUpEvent::CodeIssued(e) => Some((e.serial, e.expires_at)),
        _ => None,
    }
}

impl Members {
    /// Completes a sign-up with the code that was sent; with another login id than it began with, if one is given.
    pub async fn verify(
        &self,
        id: Uuid,
        code: Code,
        login: Option<OtherLogin>,
        meta: Meta,
    ) -> Result<Receipt<MemberId>, MemberError> {
        let work = move |members: Self, claim| async move {
            let (member, verify) = members.prepare(id, code, login).await?;
            let actor = Actor { role: Role::Member, id: member };
            let receipt = members.carry_out(&claim, (actor, meta), verify).await?;
            // Also the second time: the first may have ended before this.
            members.settle_at_once(id, receipt.answer).await;
            Ok(receipt)
        };
        self.accept(meta, work).await
    }

    /// Whether the password of a sign-up may contain this login id. None if it is not known: the sign-up is over, or of an earlier
    /// build.
    pub async fn may_be_in_password(&self, id: Uuid, login_id: &LoginId) -> Result<Option<bool>, MemberError> {
        let (sign_up, vault) = (StreamId::new(id), &self.shared.vault);
        self.require_kind(sign_up, StreamKind::SignUp, MemberError::SignUpUnknown).await?;
        let unit = self.read(sign_up).await?;
        let member = unit.sign_up_started(sign_up).ok_or(MemberError::SignUpUnknown)?.member;
        let key = vault.key(member).await.map_err(vault_failed)?;
        let characters = vault.pending(id).await.map_err(vault_failed)?.and_then(|pending| pending.characters);
        let (Some(key), Some(characters)) = (key, characters) else { return Ok(None) };
        let characters = PasswordCharacters::new(open(&key, characters_of(id), &characters)?);
        Ok(Some(characters.may_contain(login_id)))
    }

    /// Who would become a member, and the command with what it needs of the vault.
    async fn prepare(
        &self,
        id: Uuid,
        code: Code,
        login: Option<OtherLogin>,
    ) -> Result<(MemberId, VerifySignUp), MemberError> {
        let sign_up = StreamId::new(id);
        self.require_kind(sign_up, StreamKind::SignUp, MemberError::SignUpUnknown).await?;
        let unit = self.read(sign_up).await?;
        let started = unit.sign_up_started(sign_up).ok_or(MemberError::SignUpUnknown)?;
        let kept = self.kept_of(started.member, id).await?;
        let place = At { stream: sign_up, version: Version::ZERO.next() }.field("contact");
        let spellings = self.spellings_of(kept.key.as_ref(), place, started.channel, &started.contact)?;
        Ok((started.member, VerifySignUp { sign_up, code, login, spellings, kept }))
    }

    /// What the vault has of a sign-up: the same questions whatever comes of it.
    async fn kept_of(&self, member: MemberId, id: Uuid) -> Result<Kept, MemberError> {
        let vault = &self.shared.vault;
        let key = vault.key(member).await.map_err(vault_failed)?;
        let sent = vault.codes_sent(id).await.map_err(vault_failed)?;
        let pending = vault.pending(id).await.map_err(vault_failed)?;
        Ok(Kept { open: key.is_some() && pending.is_some_and(|pending| !pending.ended), key, sent })
    }

    /// The pending password becomes the new member's. What fails here is left to the process runner.
    async fn settle_at_once(&self, id: Uuid, member: MemberId) {
        let settled = async {
            let unit = self.read(StreamId::new(member.uuid())).await?;
            let person = unit.person(member).ok_or(ExecuteError::Internal)?;
            self.shared.vault.settle(id, member, person.login).await.map_err(vault_failed)
        };
        if let Err(error) = settled.await {
            tracing::warn!(error = &error as &dyn Error, "a new member's password is left to the process runner");
        }
    }
}
