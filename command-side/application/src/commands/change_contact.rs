//! A change of contact begins: a code is sent to the new one.

use domain::member::{Contact, UnsealedEvent};
use events::recorded::{Channel, ContactChangeStarted, Event, MemberEvent};
use kernel::{Actor, MemberId, Place, Role, Sealed, StreamId};
use log::Appended;
use vault::DataKey;

use super::{
    CodeSent, MemberError, MemberRules, Members,
    member_rules::{At, MemberAnswer, answer_or_refusal},
    sealing::seal,
    sign_up::code_sent,
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork},
};

struct ChangeContact {
    member: MemberId,
    contact: Contact,
    name: StreamId,
    key: DataKey,
}

impl ChangeContact {
    fn seal(&self, event: UnsealedEvent, at: At) -> Result<Event, MemberError> {
        let UnsealedEvent::ContactChangeStarted(change) = event else { return Err(ExecuteError::Internal.into()) };
        let started = ContactChangeStarted {
            channel: self.contact.channel(),
            contact: seal(&self.key, at.field("contact"), self.contact.expose())?,
            contact_key: change.contact,
            decoy: false,
            serial: change.code.serial,
            expires_at: change.code.expires_at,
            resend_after: change.code.resend_after,
        };
        Ok(started.into())
    }
}

impl Command for ChangeContact {
    type Rules = MemberRules;
    type Answer = MemberAnswer<CodeSent>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).begin_change(self.member, self.name);
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

/// Where a member's contact stands.
pub struct SealedContact {
    pub place: Place,
    pub channel: Channel,
    pub sealed: Sealed,
}

/// The contact of a member, as the newest event has it.
pub fn contact_of(unit: &UnitOfWork, member: MemberId) -> Option<SealedContact> {
    let newest = unit.newest(StreamId::new(member.uuid()), "contact", contact_in);
    newest.map(|(place, (channel, sealed))| SealedContact { place, channel, sealed: sealed.clone() })
}

/// The contact that an event gives its member.
pub fn contact_in(event: &MemberEvent) -> Option<(Channel, &Sealed)> {
    match event {
        MemberEvent::Joined(joined) => Some((joined.channel, &joined.contact)),
        MemberEvent::ContactChanged(changed) => Some((changed.channel, &changed.contact)),
        _ => None,
    }
}

impl Members {
    /// Begins a change of contact and has a code sent to the new one.
    pub async fn change_contact(
        &self,
        member: MemberId,
        contact: Contact,
        meta: Meta,
    ) -> Result<Receipt<CodeSent>, MemberError> {
        let work = move |members: Self, claim| async move {
            let key = members.key_of(member).await?;
            let name = members.contact_name(&contact);
            let actor = Actor { role: Role::Member, id: member };
            members.carry_out(&claim, (actor, meta), ChangeContact { member, contact, name, key }).await
        };
        self.accept(meta, work).await
    }
}
