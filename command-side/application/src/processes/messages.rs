//! The process `messages`: which message an event asks for. The contact stays sealed: the courier opens it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::member::StateReader;
use events::recorded::{
    Channel, ContactChangeStarted, ContactChanged, Event, MemberEvent, PasswordChanged, PasswordResetCompleted,
    PasswordResetEvent, PasswordResetStarted, SignUpCodeIssued, SignUpEvent, SignUpStarted,
};
use kernel::{ConsistencyToken, MemberId, Place, Sealed, StreamId, Version};
use log::{Picked, ProcessInstance};
use vault::{Charge, NewMessage, Notice};

use super::process::{Change, Followed, Next, Process, ProcessError};
use crate::commands::{Members, SealedContact, contact_of};

/// Queues messages in the vault. Its instances are the messages there.
pub struct SendMessages {
    members: Members,
}

/// Where a message goes and what it says.
struct Letter<'a> {
    member: MemberId,
    channel: Channel,
    contact: &'a Sealed,
    place: Place,
    notice: Notice,
    until: Option<DateTime<Utc>>,
    charge: Option<Charge>,
}

impl Letter<'_> {
    fn asked_at(self, picked: &Picked) -> NewMessage {
        NewMessage {
            position: picked.position,
            member: self.member,
            channel: self.channel.as_str(),
            contact: self.contact.clone(),
            stream: self.place.stream,
            version: self.place.version,
            field: self.place.field,
            notice: self.notice,
            until: self.until,
            // A member's contact may change while a code is on its way; a sign-up has one contact.
            code_contact: self
                .charge
                .filter(|_| matches!(self.notice, Notice::ContactCode { .. } | Notice::PasswordResetCode { .. }))
                .map(|charge| charge.contact),
            charge: self.charge,
        }
    }
}

#[async_trait]
impl Process for SendMessages {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn events(&self) -> &'static [&'static str] {
        &[
            SignUpStarted::NAME,
            SignUpCodeIssued::NAME,
            ContactChangeStarted::NAME,
            ContactChanged::NAME,
            PasswordChanged::NAME,
            PasswordResetStarted::NAME,
            PasswordResetCompleted::NAME,
        ]
    }

    /// The queue of messages is in the vault: a message is one there, with its own retries.
    fn on(&self, _: &Followed) -> Vec<Change> {
        Vec::new()
    }

    async fn effects(&self, followed: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        if let Event::PasswordReset(PasswordResetEvent::Completed(completed)) = &followed.event {
            // The next event asks for the notice that the password was changed, so it has to be: the server that completed the
            // reset may have ended before.
            let log = self.members.shared.log.head().await.map_err(ProcessError::Log)?.log;
            let since = ConsistencyToken { log, position: followed.picked.position, tag: None };
            let settled = self.members.shared.vault.settle_reset(completed.password, completed.member, since).await;
            settled.map_err(ProcessError::Vault)?;
        }
        Ok(self.message_for(&followed.picked, &followed.event).await?.into_iter().collect())
    }

    async fn step(&self, _: &ProcessInstance) -> Result<Next, ProcessError> {
        Ok(Next::Done)
    }
}

impl SendMessages {
    pub fn new(members: Members) -> Self {
        Self { members }
    }

    /// The message that an event asks for, if it does. One that is not worth sending any more is not queued.
    async fn message_for(&self, picked: &Picked, event: &Event) -> Result<Option<NewMessage>, ProcessError> {
        let at = |field| Place { stream: picked.event.stream, version: picked.event.version, field };
        let member = MemberId::new(picked.event.stream.uuid());
        let message = match event {
            Event::SignUp(SignUpEvent::Started(start)) => {
                self.code_of_sign_up(picked, start, 1, start.code_expires_at).await?
            }
            Event::SignUp(SignUpEvent::CodeIssued(issued)) => {
                let start = sign_up_start(&self.members, picked).await?;
                self.code_of_sign_up(picked, &start, issued.serial, issued.expires_at).await?
            }
            Event::PasswordReset(PasswordResetEvent::Started(start)) => {
                let Some(message) = self.code_of_reset(picked, start).await? else { return Ok(None) };
                message
            }
            Event::Member(MemberEvent::ContactChangeStarted(change)) => {
                let sealed =
                    SealedContact { place: at("contact"), channel: change.channel, sealed: change.contact.clone() };
                let owners = self.owners_of(change.contact_key, member, &sealed).await?;
                let notice = match change.decoy || owners.iter().any(|owner| *owner != member) {
                    true => Notice::ContactIsMember,
                    false => Notice::ContactCode { member, serial: change.serial },
                };
                let until = Some(change.expires_at);
                let (channel, contact, place) = (change.channel, &change.contact, at("contact"));
                let charge = Some(Charge { contact: change.contact_key, origin: Some(member.uuid()) });
                Letter { member, channel, contact, place, notice, until, charge }.asked_at(picked)
            }
            Event::Member(MemberEvent::ContactChanged(changed)) => {
                let (channel, contact, place) = (changed.old_channel, &changed.old_contact, at("old_contact"));
                let (notice, until, charge) = (Notice::ContactReplaced, None, None);
                Letter { member, channel, contact, place, notice, until, charge }.asked_at(picked)
            }
            Event::Member(MemberEvent::PasswordChanged(_)) => {
                let unit = self.members.read(picked.event.stream).await.map_err(ProcessError::Step)?;
                let unfounded = ProcessError::Unfounded { position: picked.position };
                let held = contact_of(&unit, member).ok_or(unfounded)?;
                let (channel, contact, place) = (held.channel, &held.sealed, held.place);
                let (notice, until, charge) = (Notice::PasswordChanged, None, None);
                Letter { member, channel, contact, place, notice, until, charge }.asked_at(picked)
            }
            _ => return Ok(None),
        };
        let now = self.members.shared.clock.now();
        Ok((message.until.is_none_or(|until| now < until)).then_some(message))
    }

    /// The members whose contact this is: under its name, or under that of another spelling from an earlier build.
    /// `keeper` is whose key seals it.
    async fn owners_of(
        &self,
        name: StreamId,
        keeper: MemberId,
        contact: &SealedContact,
    ) -> Result<Vec<MemberId>, ProcessError> {
        let key = match contact.channel {
            Channel::Phone => self.members.shared.vault.key(keeper).await.map_err(ProcessError::Vault)?,
            Channel::Email => None,
        };
        let SealedContact { place, channel, sealed } = contact;
        // A contact that does not open is reported when its message is to be sent.
        let spellings = self.members.spellings_of(key.as_ref(), *place, *channel, sealed).unwrap_or_default();
        let mut owners = Vec::new();
        for name in std::iter::once(name).chain(spellings) {
            owners.extend(self.members.read(name).await.map_err(ProcessError::Step)?.name(name).owner());
        }
        Ok(owners)
    }

    /// The code of a password reset goes to the contact of the member who has the login id; none if nobody has it. Which of
    /// them it is, is found out here and not by the request: that does the same either way.
    async fn code_of_reset(
        &self,
        picked: &Picked,
        start: &PasswordResetStarted,
    ) -> Result<Option<NewMessage>, ProcessError> {
        let login = self.members.read(start.login_key).await.map_err(ProcessError::Step)?;
        let Some(member) = login.name(start.login_key).owner() else { return Ok(None) };
        let stream = StreamId::new(member.uuid());
        let unit = self.members.read(stream).await.map_err(ProcessError::Step)?;
        let active = unit.person(member).filter(|person| person.active().is_ok());
        let (Some(person), Some(held)) = (active, contact_of(&unit, member)) else { return Ok(None) };
        let reset = picked.event.stream.uuid();
        let origin = self.members.shared.vault.reset_origin(reset).await.map_err(ProcessError::Vault)?;
        let charge = Some(Charge { contact: person.contact, origin });
        let (channel, contact, place) = (held.channel, &held.sealed, held.place);
        let (notice, until) = (Notice::PasswordResetCode { reset }, Some(start.expires_at));
        Ok(Some(Letter { member, channel, contact, place, notice, until, charge }.asked_at(picked)))
    }

    /// A code goes to whoever reads the contact's messages; a member gets a message that says so instead. Which of them it is,
    /// is found out here and not by the request: that does the same either way.
    async fn code_of_sign_up(
        &self,
        picked: &Picked,
        start: &SignUpStarted,
        serial: u32,
        until: DateTime<Utc>,
    ) -> Result<NewMessage, ProcessError> {
        let stream = picked.event.stream;
        let place = Place { stream, version: Version::ZERO.next(), field: "contact" };
        let sealed = SealedContact { place, channel: start.channel, sealed: start.contact.clone() };
        let owners = self.owners_of(start.contact_key, start.member, &sealed).await?;
        let notice = match start.decoy || !owners.is_empty() {
            true => Notice::ContactIsMember,
            false => Notice::SignUpCode { sign_up: stream.uuid(), serial },
        };
        let (member, channel, contact) = (start.member, start.channel, &start.contact);
        // The vault knows where the sign-up came from.
        let charge = Some(Charge { contact: start.contact_key, origin: None });
        Ok(Letter { member, channel, contact, place, notice, until: Some(until), charge }.asked_at(picked))
    }
}

/// How the sign-up began that an event belongs to.
pub(super) async fn sign_up_start(members: &Members, picked: &Picked) -> Result<SignUpStarted, ProcessError> {
    let unit = members.read(picked.event.stream).await.map_err(ProcessError::Step)?;
    let started = unit.sign_up_started(picked.event.stream).cloned();
    started.ok_or(ProcessError::Unfounded { position: picked.position })
}
