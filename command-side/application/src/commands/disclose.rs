//! An operator is shown a member's personal data, and it is recorded who looked and why.

use chrono::{DateTime, Utc};
use events::recorded::{Channel, Event, MemberEvent};
use kernel::{Actor, MemberId, Place, Sealed, StreamId, Version};
use log::Appended;
use secrecy::SecretString;

use super::{
    MemberError, MemberRules, Members,
    change_contact::contact_in,
    member_rules::{MemberAnswer, answer_or_refusal},
    members::joined_in,
    sealing::open,
};
use crate::engine::{
    Command, Decision, IncompleteEvents, Meta, OperatorAct, PendingEvent, Receipt, UnitOfWork, unanswered,
};

/// What only the member and an operator with a reason may see.
#[derive(Clone, Debug)]
pub struct PersonalData {
    /// What they log in with.
    pub login_id: SecretString,
    /// Their name.
    pub real_name: SecretString,
    /// By what they are reached.
    pub contact: SecretString,
    /// Of which kind that is.
    pub channel: Channel,
    /// When they became a member.
    pub joined_at: DateTime<Utc>,
}

struct Disclose {
    member: MemberId,
    reason: String,
}

/// The data as the log has them, each with its place. They are opened when the answer is given, and nowhere kept.
#[derive(Clone, Debug)]
struct SealedData {
    login_id: (Place, Sealed),
    real_name: (Place, Sealed),
    contact: (Place, Sealed),
    channel: Channel,
}

impl Command for Disclose {
    type Rules = MemberRules;
    type Answer = MemberAnswer<SealedData>;
    type Error = MemberError;

    fn decide(&self, rules: &MemberRules, work: &mut Decision<'_>) -> Result<(), MemberError> {
        let decided = rules.deciding(work).disclose(self.member, self.reason.clone());
        rules.record_plain(decided, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<MemberAnswer<SealedData>, IncompleteEvents> {
        let disclosed =
            |event: &&PendingEvent| matches!(event.recorded, Event::Member(MemberEvent::PersonalDataDisclosed(_)));
        match answer_or_refusal(events, events.iter().find(disclosed).map(|event| event.version))? {
            Ok(before) => self.sealed(unit, before).map(Ok).ok_or(IncompleteEvents),
            Err(refused) => Ok(Err(refused)),
        }
    }
}

impl Disclose {
    /// The member's data as they were before a version of their stream: a replay shows what was shown.
    fn sealed(&self, unit: &UnitOfWork, before: Version) -> Option<SealedData> {
        let stream = StreamId::new(self.member.uuid());
        let (place, joined) = unit.newest(stream, "", joined_in)?;
        let field = |field, sealed: &Sealed| (Place { field, ..place }, sealed.clone());
        let mut earlier = unit.member_events(stream).rev().filter(|(version, _)| *version < before);
        let (version, (channel, contact)) = earlier.find_map(|(version, event)| Some((version, contact_in(event)?)))?;
        Some(SealedData {
            login_id: field("login_id", &joined.login_id),
            real_name: field("real_name", &joined.real_name),
            contact: (Place { stream, version, field: "contact" }, contact.clone()),
            channel,
        })
    }
}

impl Members {
    /// Shows a member's personal data to an operator, and records who looked and why.
    pub async fn disclose(
        &self,
        member: MemberId,
        actor: Actor,
        reason: String,
        act: Option<OperatorAct>,
        meta: Meta,
    ) -> Result<Receipt<PersonalData>, MemberError> {
        let work = move |members: Self, claim| async move {
            let key = members.key_of(member).await?;
            let receipt = members.carry_out_act(&claim, (actor, meta, act), Disclose { member, reason }).await?;
            let stream = StreamId::new(member.uuid());
            let joined = members.shared.log.read_picked(stream, Version::ZERO.next()).await;
            let joined = joined.map_err(|error| unanswered(&error))?.ok_or(MemberError::MemberUnknown)?;
            let opened = |(place, sealed): &(Place, Sealed)| open(&key, *place, sealed);
            let answer = PersonalData {
                login_id: opened(&receipt.answer.login_id)?,
                real_name: opened(&receipt.answer.real_name)?,
                contact: opened(&receipt.answer.contact)?,
                channel: receipt.answer.channel,
                joined_at: joined.recorded_at,
            };
            Ok(receipt.map(|_| answer))
        };
        self.accept(meta, work).await
    }
}
