//! Which message an event asks for. The contact stays sealed: the courier opens it.

use chrono::{DateTime, Utc};
use contracts::recorded::{Channel, MemberRecorded, SignUpStarted};
use domain::member::StateReader;
use kernel::{MemberId, Place, Sealed, StreamId, Version};
use log::Picked;
use vault::{Charge, NewMessage, Notice};

use super::{ProcessRunner, RoundError};
use crate::members::{contacts::contact_of, translating::channel_of};

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
            channel: channel_of(self.channel).as_str(),
            contact: self.contact.clone(),
            stream: self.place.stream,
            version: self.place.version,
            field: self.place.field,
            notice: self.notice,
            until: self.until,
            // Only a member's stream has codes for different contacts.
            code_contact: self
                .charge
                .filter(|_| matches!(self.notice, Notice::ContactCode { .. }))
                .map(|charge| charge.contact),
            charge: self.charge,
        }
    }
}

impl ProcessRunner {
    /// The message that an event asks for, if it does. One that is not worth sending any more is not queued.
    pub(super) async fn message_for(
        &self,
        picked: &Picked,
        event: &MemberRecorded,
    ) -> Result<Option<NewMessage>, RoundError> {
        let at = |field| Place { stream: picked.event.stream, version: picked.event.version, field };
        let member = MemberId::new(picked.event.stream.uuid());
        let message = match event {
            MemberRecorded::SignUpStarted(start) => {
                self.code_of_sign_up(picked, start, 1, start.code_expires_at).await?
            }
            MemberRecorded::SignUpCodeIssued(issued) => {
                let start = self.sign_up_start(picked).await?;
                self.code_of_sign_up(picked, &start, issued.serial, issued.expires_at).await?
            }
            MemberRecorded::ContactChangeStarted(change) => {
                let owner = self.owner_of(change.contact_key).await?;
                let notice = match change.decoy || owner.is_some_and(|owner| owner != member) {
                    true => Notice::ContactIsMember,
                    false => Notice::ContactCode { member, serial: change.serial },
                };
                let until = Some(change.expires_at);
                let (channel, contact, place) = (change.channel, &change.contact, at("contact"));
                let charge = Some(Charge { contact: change.contact_key, origin: Some(member.uuid()) });
                Letter { member, channel, contact, place, notice, until, charge }.asked_at(picked)
            }
            MemberRecorded::ContactChanged(changed) => {
                let (channel, contact, place) = (changed.old_channel, &changed.old_contact, at("old_contact"));
                let (notice, until, charge) = (Notice::ContactReplaced, None, None);
                Letter { member, channel, contact, place, notice, until, charge }.asked_at(picked)
            }
            MemberRecorded::PasswordChanged(_) => {
                let unit = self.members.unit_of(picked.event.stream).await.map_err(RoundError::Step)?;
                let unfounded = RoundError::Unfounded { position: picked.position };
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

    /// How the sign-up began that an event belongs to.
    pub(super) async fn sign_up_start(&self, picked: &Picked) -> Result<SignUpStarted, RoundError> {
        let unit = self.members.unit_of(picked.event.stream).await.map_err(RoundError::Step)?;
        let started = unit.member_events(picked.event.stream).find_map(|(_, event)| match event {
            MemberRecorded::SignUpStarted(started) => Some(started.clone()),
            _ => None,
        });
        started.ok_or(RoundError::Unfounded { position: picked.position })
    }

    /// The member whose name this is.
    async fn owner_of(&self, name: StreamId) -> Result<Option<MemberId>, RoundError> {
        Ok(self.members.unit_of(name).await.map_err(RoundError::Step)?.name(name).owner())
    }

    /// A code goes to whoever reads the contact's messages; if that is a member already, they are told so instead. Which of
    /// them it is, is found out here and not by the request: that does the same either way.
    async fn code_of_sign_up(
        &self,
        picked: &Picked,
        start: &SignUpStarted,
        serial: u32,
        until: DateTime<Utc>,
    ) -> Result<NewMessage, RoundError> {
        let stream = picked.event.stream;
        let notice = match start.decoy || self.owner_of(start.contact_key).await?.is_some() {
            true => Notice::ContactIsMember,
            false => Notice::SignUpCode { sign_up: stream.uuid(), serial },
        };
        let place = Place { stream, version: Version::ZERO.next(), field: "contact" };
        let (member, channel, contact) = (start.member, start.channel, &start.contact);
        // The vault knows where the sign-up came from.
        let charge = Some(Charge { contact: start.contact_key, origin: None });
        Ok(Letter { member, channel, contact, place, notice, until: Some(until), charge }.asked_at(picked))
    }
}
