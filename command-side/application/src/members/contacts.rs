//! Being reached elsewhere.

use contracts::recorded::{self as rec, ContactChangeStarted, ContactChanged, MemberRecorded};
use domain::member::{Code, Contact, Deciding, MemberEvent, MemberRefusal, PersonEvent, StateReader};
use kernel::{Actor, MemberId, Place, Role, Sealed, StreamId};
use vault::{DataKey, SentCode};

use super::{
    CodeSent, MemberError, Members, Meta, Receipt,
    handler::{At, CommandHandler, PendingEvent, pick, told},
    sign_up::code_sent,
    translating::record_channel,
    unit_of_work::UnitOfWork,
    vaulting::{code_in_force, is_right, reseal, seal, sent_code, vault_failed},
};
use crate::ExecuteError;

struct Begin<'a> {
    member: MemberId,
    contact: &'a Contact,
    name: StreamId,
    key: &'a DataKey,
}

impl CommandHandler for Begin<'_> {
    type Answer = CodeSent;

    fn actor(&self, _: &UnitOfWork) -> Actor {
        Actor { role: Role::Member, id: self.member }
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        deciding.begin_change(self.member, self.name)
    }

    fn record(&self, event: &MemberEvent, at: At, _: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::Person(_, PersonEvent::ChangeStarted(change)) = event else { return Ok(None) };
        let started = ContactChangeStarted {
            channel: record_channel(self.contact.channel()),
            contact: seal(self.key, at.field("contact"), self.contact.expose())?,
            contact_key: change.contact,
            decoy: false,
            serial: change.code.serial,
            expires_at: change.code.expires_at,
            resend_after: change.code.resend_after,
        };
        Ok(Some(started.into()))
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<CodeSent, MemberError> {
        told(events, code_sent(events))
    }
}

struct Verify<'a> {
    member: MemberId,
    members: &'a Members,
    code: &'a Code,
    /// Which codes were sent.
    sent: &'a [SentCode],
    key: &'a DataKey,
}

impl CommandHandler for Verify<'_> {
    type Answer = ();

    fn actor(&self, _: &UnitOfWork) -> Actor {
        Actor { role: Role::Member, id: self.member }
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        let (unit, stream) = (deciding.known, StreamId::new(self.member.uuid()));
        let change = unit.person(self.member).and_then(|person| person.change);
        // A change of an earlier build holds a reservation; which of its codes were sent was not kept then.
        let reserved = change.is_some_and(|change| unit.name(change.contact).is_of_change(self.member));
        let issued = change.map(|change| (change.code.serial, change.code.expires_at));
        // A code that was sent to another contact is not this change's.
        let is_bound_elsewhere =
            |code: &SentCode| code.contact.is_some_and(|to| change.is_none_or(|it| it.contact != to));
        let sent = |serial| sent_code(self.sent, serial, reserved).filter(|code| !is_bound_elsewhere(code));
        let in_force = code_in_force(issued.into_iter(), deciding.now, sent);
        let right = is_right(self.members.shared.vault.names(), stream, in_force, self.code);
        deciding.verify_change(self.member, right)
    }

    fn record(&self, event: &MemberEvent, at: At, unit: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::Person(_, PersonEvent::ContactChanged { contact }) = *event else { return Ok(None) };
        let (from, change) = unit.newest(at.stream, "contact", change_in).ok_or(ExecuteError::Internal)?;
        let old = contact_of(unit, self.member).ok_or(ExecuteError::Internal)?;
        let changed = ContactChanged {
            channel: change.channel,
            contact: reseal(self.key, from, &change.contact, at.field("contact"))?,
            contact_key: contact,
            old_channel: old.channel,
            old_contact: reseal(self.key, old.place, &old.sealed, at.field("old_contact"))?,
        };
        Ok(Some(changed.into()))
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<(), MemberError> {
        let changed = |_, event: &MemberRecorded| matches!(event, MemberRecorded::ContactChanged(_)).then_some(());
        told(events, pick(events, changed))
    }
}

/// Where a member's contact stands.
pub(super) struct SealedContact {
    pub place: Place,
    pub channel: rec::Channel,
    pub sealed: Sealed,
}

/// The contact of a member, as the newest event tells it.
pub(super) fn contact_of(unit: &UnitOfWork, member: MemberId) -> Option<SealedContact> {
    let newest = unit.newest(StreamId::new(member.uuid()), "contact", contact_in);
    newest.map(|(place, (channel, sealed))| SealedContact { place, channel, sealed: sealed.clone() })
}

fn change_in(event: &MemberRecorded) -> Option<&ContactChangeStarted> {
    match event {
        MemberRecorded::ContactChangeStarted(change) => Some(change),
        _ => None,
    }
}

/// The contact that an event gives its member.
pub(super) fn contact_in(event: &MemberRecorded) -> Option<(rec::Channel, &Sealed)> {
    match event {
        MemberRecorded::MemberJoined(joined) => Some((joined.channel, &joined.contact)),
        MemberRecorded::ContactChanged(changed) => Some((changed.channel, &changed.contact)),
        _ => None,
    }
}

impl Members {
    pub(super) async fn change_contact_now(
        &self,
        member: MemberId,
        contact: Contact,
        meta: Meta,
    ) -> Result<Receipt<CodeSent>, MemberError> {
        let key = self.key_of(member).await?;
        let begin = Begin { member, contact: &contact, name: self.contact_name(&contact), key: &key };
        self.carry_out(&begin, &meta, &[StreamId::new(member.uuid())]).await
    }

    pub(super) async fn verify_contact_now(
        &self,
        member: MemberId,
        code: Code,
        meta: Meta,
    ) -> Result<Receipt<()>, MemberError> {
        let stream = StreamId::new(member.uuid());
        let person = self.unit_of(stream).await?.person(member).ok_or(MemberError::MemberUnknown)?;
        let key = self.key_of(member).await?;
        let sent = self.shared.vault.codes_sent(member.uuid()).await.map_err(vault_failed)?;
        let mut locks = vec![stream, person.contact];
        locks.extend(person.change.map(|change| change.contact));
        self.carry_out(&Verify { member, members: self, code: &code, sent: &sent, key: &key }, &meta, &locks).await
    }

    /// The name of a contact.
    pub(super) fn contact_name(&self, contact: &Contact) -> StreamId {
        self.shared.vault.names().contact(contact.channel().as_str(), contact.expose())
    }

    /// The data key of somebody who is a member.
    pub(super) async fn key_of(&self, member: MemberId) -> Result<DataKey, MemberError> {
        let key = self.shared.vault.key(member).await.map_err(vault_failed)?;
        key.ok_or(MemberError::MemberUnknown)
    }
}
