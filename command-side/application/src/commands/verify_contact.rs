//! A code is given for a change of contact: with a right one the member is reached elsewhere.

use domain::member::{Code, DecidedEvent, Deciding, MemberRefusal, StateReader, UnsealedEvent};
use events::recorded::{ContactChangeStarted, ContactChanged, Event, MemberEvent};
use kernel::{Actor, MemberId, Role, StreamId};
use log::Appended;
use vault::{DataKey, Names, SentCode};

use super::{
    MemberError, MemberRules, Members,
    change_contact::contact_of,
    member_rules::{At, MemberAnswer, answer_or_refusal},
    sealing::{code_in_force, is_right, reseal, sent_code, vault_failed},
};
use crate::{
    ExecuteError,
    engine::{Command, Decision, IncompleteEvents, Meta, PendingEvent, Receipt, UnitOfWork},
};

struct VerifyContact {
    member: MemberId,
    code: Code,
    /// Other names of the new contact, under which an earlier build may have reserved it.
    spellings: Vec<StreamId>,
    /// Which codes were sent.
    sent: Vec<SentCode>,
    key: DataKey,
}

impl VerifyContact {
    fn events(&self, deciding: Deciding<'_, UnitOfWork>, names: &Names) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let (unit, stream) = (deciding.known, StreamId::new(self.member.uuid()));
        let change = unit.person(self.member).and_then(|person| person.change);
        // A change of an earlier build holds a reservation; which of its codes were sent was not kept then.
        let reserved = change.is_some_and(|change| unit.name(change.contact).is_of_change(self.member));
        let issued = change.map(|change| (change.code.serial, change.code.expires_at));
        // A code that was sent to another contact is not this change's.
        let is_bound_elsewhere =
            |code: &SentCode| code.contact.is_some_and(|to| change.is_none_or(|it| it.contact != to));
        let sent = |serial| sent_code(&self.sent, serial, reserved).filter(|code| !is_bound_elsewhere(code));
        let in_force = code_in_force(issued.into_iter(), deciding.now, sent);
        let right = is_right(names, stream, in_force, &self.code);
        deciding.verify_change(self.member, right, &self.spellings)
    }

    fn seal(&self, event: UnsealedEvent, at: At, unit: &UnitOfWork) -> Result<Event, MemberError> {
        let UnsealedEvent::ContactChanged { contact } = event else { return Err(ExecuteError::Internal.into()) };
        let (from, change) = unit.newest(at.stream, "contact", change_in).ok_or(ExecuteError::Internal)?;
        let old = contact_of(unit, self.member).ok_or(ExecuteError::Internal)?;
        let changed = ContactChanged {
            channel: change.channel,
            contact: reseal(&self.key, from, &change.contact, at.field("contact"))?,
            contact_key: contact,
            old_channel: old.channel,
            old_contact: reseal(&self.key, old.place, &old.sealed, at.field("old_contact"))?,
        };
        Ok(changed.into())
    }
}

impl Command for VerifyContact {
    type Rules = MemberRules;
    type Answer = MemberAnswer<()>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = self.events(rules.deciding(work), rules.names());
        rules.record(decided, work, |event, at, unit| self.seal(event, at, unit))
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<MemberAnswer<()>, IncompleteEvents> {
        let is_changed = |event: &PendingEvent| matches!(event.recorded, Event::Member(MemberEvent::ContactChanged(_)));
        answer_or_refusal(events, events.iter().any(is_changed).then_some(()))
    }
}

fn change_in(event: &MemberEvent) -> Option<&ContactChangeStarted> {
    match event {
        MemberEvent::ContactChangeStarted(change) => Some(change),
        _ => None,
    }
}

impl Members {
    /// Completes a change of contact with the code that was sent.
    pub async fn verify_contact(&self, member: MemberId, code: Code, meta: Meta) -> Result<Receipt<()>, MemberError> {
        let work = move |members: Self, claim| async move {
            let stream = StreamId::new(member.uuid());
            let unit = members.read(stream).await?;
            unit.person(member).ok_or(MemberError::MemberUnknown)?;
            let key = members.key_of(member).await?;
            let spellings = match unit.newest(stream, "contact", change_in) {
                Some((place, change)) => members.spellings_of(Some(&key), place, change.channel, &change.contact)?,
                None => Vec::new(),
            };
            let sent = members.shared.vault.codes_sent(member.uuid()).await.map_err(vault_failed)?;
            let actor = Actor { role: Role::Member, id: member };
            members.carry_out(&claim, (actor, meta), VerifyContact { member, code, spellings, sent, key }).await
        };
        self.accept(meta, work).await
    }
}
