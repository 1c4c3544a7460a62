//! What is done for a member besides: another password, a look at their data, and leaving.

use contracts::recorded::{
    ErasureRequested, MemberJoined, MemberRecorded, PersonalDataDisclosed, Recorded, StreamKind,
};
use domain::member::{Deciding, LoginId, MemberEvent, MemberRefusal, PersonEvent, Standing, StateReader};
use kernel::{Actor, MemberId, Place, Role, StreamId, Version};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{DataKey, PasswordHash};

use super::{
    MemberError, MemberStanding, Members, Meta, PersonalData, Receipt,
    accounts::{self, OpenAccount},
    contacts::contact_in,
    execute::{load_failed, read_failed},
    handler::{At, CommandHandler, PendingEvent, pick, told},
    translating::channel_of,
    unit_of_work::{LoadError, UnitOfWork},
    vaulting::{open, vault_failed},
};
use crate::ExecuteError;

struct ChangePassword(MemberId);

impl CommandHandler for ChangePassword {
    type Answer = ();

    fn actor(&self, _: &UnitOfWork) -> Actor {
        Actor { role: Role::Member, id: self.0 }
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        deciding.change_password(self.0)
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<(), MemberError> {
        told(events, (!events.is_empty()).then_some(()))
    }
}

/// A refusal that was decided outside of the members' streams.
struct Refuse {
    actor: Actor,
    refusal: MemberRefusal,
}

impl CommandHandler for Refuse {
    type Answer = ();

    fn actor(&self, _: &UnitOfWork) -> Actor {
        self.actor
    }

    fn decide(&self, _: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        Err(self.refusal)
    }

    fn tell(&self, events: &[PendingEvent], _: &UnitOfWork) -> Result<(), MemberError> {
        told(events, Some(()))
    }
}

struct RequestErasure {
    member: MemberId,
    actor: Actor,
    erasure: Uuid,
    reason: Option<String>,
}

impl RequestErasure {
    /// The erasure that was asked for before this one.
    fn earlier(&self, known: &UnitOfWork) -> Option<Uuid> {
        match known.person(self.member)?.standing {
            Standing::Active => None,
            Standing::Erasing { erasure } | Standing::Erased { erasure } => Some(erasure),
        }
    }
}

impl CommandHandler for RequestErasure {
    type Answer = Uuid;

    fn actor(&self, _: &UnitOfWork) -> Actor {
        self.actor
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        match self.earlier(deciding.known) {
            // Asked for twice, it is done once.
            Some(_) => Ok(Vec::new()),
            None => {
                // Opening an account writes to the owner's stream: what was opened before its version is among the
                // accounts, and what is opened after it conflicts with this.
                deciding.known.owner(self.member);
                let Some(open) = deciding.known.open_accounts(self.member) else { return Ok(Vec::new()) };
                deciding.request_erasure(self.member, self.erasure, open.is_empty())
            }
        }
    }

    fn record(&self, event: &MemberEvent, _: At, _: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::Person(_, PersonEvent::ErasureRequested { erasure }) = *event else { return Ok(None) };
        Ok(Some(ErasureRequested { erasure, reason: self.reason.clone() }.into()))
    }

    fn tell(&self, events: &[PendingEvent], unit: &UnitOfWork) -> Result<Uuid, MemberError> {
        if events.is_empty() {
            return self.earlier(unit).ok_or_else(|| ExecuteError::Internal.into());
        }
        let requested = |_, event: &MemberRecorded| match event {
            MemberRecorded::ErasureRequested(requested) => Some(requested.erasure),
            _ => None,
        };
        told(events, pick(events, requested))
    }
}

struct Disclose<'a> {
    member: MemberId,
    actor: Actor,
    reason: &'a str,
    key: &'a DataKey,
}

impl CommandHandler for Disclose<'_> {
    type Answer = PersonalTexts;

    fn actor(&self, _: &UnitOfWork) -> Actor {
        self.actor
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        deciding.disclose(self.member)
    }

    fn record(&self, event: &MemberEvent, _: At, _: &UnitOfWork) -> Result<Option<MemberRecorded>, MemberError> {
        let MemberEvent::Person(_, PersonEvent::Disclosed) = event else { return Ok(None) };
        Ok(Some(PersonalDataDisclosed { reason: self.reason.to_owned() }.into()))
    }

    fn tell(&self, events: &[PendingEvent], unit: &UnitOfWork) -> Result<Self::Answer, MemberError> {
        let disclosed = |at: At, event: &MemberRecorded| {
            matches!(event, MemberRecorded::PersonalDataDisclosed(_)).then_some(at.version)
        };
        texts(unit, self.member, told(events, pick(events, disclosed))?, self.key)
    }
}

/// What could be read of a member.
struct PersonalTexts {
    login_id: SecretString,
    real_name: SecretString,
    contact: SecretString,
    channel: domain::member::Channel,
}

/// The member's data as they were before a version of their stream: a replay shows what was shown.
fn texts(unit: &UnitOfWork, member: MemberId, before: Version, key: &DataKey) -> Result<PersonalTexts, MemberError> {
    let stream = StreamId::new(member.uuid());
    let (place, joined) = unit.newest(stream, "", joined_in).ok_or(MemberError::MemberUnknown)?;
    let field = |name, sealed| open(key, Place { field: name, ..place }, sealed);
    let mut earlier = unit.member_events(stream).rev().filter(|(version, _)| *version < before);
    let contact = earlier.find_map(|(version, event)| Some((version, contact_in(event)?)));
    let (version, (channel, contact)) = contact.ok_or(MemberError::MemberUnknown)?;
    Ok(PersonalTexts {
        login_id: field("login_id", &joined.login_id)?,
        real_name: field("real_name", &joined.real_name)?,
        contact: open(key, Place { stream, version, field: "contact" }, contact)?,
        channel: channel_of(channel),
    })
}

fn joined_in(event: &MemberRecorded) -> Option<&MemberJoined> {
    match event {
        MemberRecorded::MemberJoined(joined) => Some(joined),
        _ => None,
    }
}

impl Members {
    pub(super) async fn password_changed_now(
        &self,
        member: MemberId,
        new: PasswordHash,
        meta: Meta,
    ) -> Result<Receipt<()>, MemberError> {
        let told = self.carry_out(&ChangePassword(member), &meta, &[StreamId::new(member.uuid())]).await?;
        // Also the second time: the first may have ended here. The caller has found the password in force to be the one
        // before, so no later change can be undone by this.
        match self.shared.vault.replace(member, &new).await.map_err(vault_failed)? {
            true => Ok(told),
            false => Err(MemberError::MemberUnknown),
        }
    }

    pub(super) async fn refuse_now(&self, actor: Actor, code: &'static str, meta: Meta) -> MemberError {
        let Some(refusal) = MemberRefusal::kept(code) else { return ExecuteError::Internal.into() };
        match self.carry_out(&Refuse { actor, refusal }, &meta, &[]).await {
            Err(error) => error,
            // The key told something else before: whatever it was, it is not for this answer to say.
            Ok(_) => ExecuteError::InFlight.into(),
        }
    }

    pub(super) async fn told_before_now(&self, meta: &Meta) -> Result<Option<Receipt<()>>, MemberError> {
        let Some(commit) = self.find(meta).await? else { return Ok(None) };
        self.replay(&ChangePassword(MemberId::new(Uuid::nil())), meta, &commit).await.map(Some)
    }

    pub(super) async fn request_erasure_now(
        &self,
        member: MemberId,
        actor: Actor,
        reason: Option<String>,
        meta: Meta,
    ) -> Result<Receipt<Uuid>, MemberError> {
        self.require_kind(StreamId::new(member.uuid()), StreamKind::Member, MemberError::MemberUnknown).await?;
        let handler = RequestErasure { member, actor, erasure: self.shared.ids.fresh(), reason };
        let told = self.carry_out(&handler, &meta, &[StreamId::new(member.uuid())]).await?;
        if let Err(error) = self.shared.vault.revoke_member(member).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a leaving member's tokens are left to the process runner"
            );
        }
        Ok(told)
    }

    pub(super) async fn disclose_now(
        &self,
        member: MemberId,
        actor: Actor,
        reason: String,
        meta: Meta,
    ) -> Result<Receipt<PersonalData>, MemberError> {
        let key = self.key_of(member).await?;
        let handler = Disclose { member, actor, reason: &reason, key: &key };
        let stream = StreamId::new(member.uuid());
        let told = self.carry_out(&handler, &meta, &[stream]).await?;
        let joined =
            self.shared.log.read_picked(stream, Version::ZERO.next()).await.map_err(|error| read_failed(&error))?;
        let joined_at = joined.ok_or(MemberError::MemberUnknown)?.recorded_at;
        let PersonalTexts { login_id, real_name, contact, channel } = told.answer;
        let answer = PersonalData { login_id, real_name, contact, channel, joined_at };
        Ok(Receipt { answer, replayed: told.replayed, token: told.token })
    }

    pub(super) async fn state_now(&self, member: MemberId) -> Result<Option<MemberStanding>, MemberError> {
        let unit = self.unit_of(StreamId::new(member.uuid())).await?;
        Ok(unit.person(member).map(|person| match person.standing {
            Standing::Active => MemberStanding::Active,
            Standing::Erasing { .. } => MemberStanding::Erasing,
            Standing::Erased { .. } => MemberStanding::Erased,
        }))
    }

    pub(super) async fn login_id_now(&self, member: MemberId) -> Result<LoginId, MemberError> {
        let key = self.key_of(member).await?;
        let unit = self.unit_of(StreamId::new(member.uuid())).await?;
        let joined = unit.newest(StreamId::new(member.uuid()), "login_id", joined_in);
        let (place, joined) = joined.ok_or(MemberError::MemberUnknown)?;
        let text = open(&key, place, &joined.login_id)?;
        text.expose_secret().parse().map_err(|_| ExecuteError::Internal.into())
    }

    /// The accounts of a member that are not closed, read afresh.
    pub(super) async fn accounts_not_closed(&self, member: MemberId) -> Result<Vec<OpenAccount>, MemberError> {
        let open = accounts::not_closed(self.shared.log.as_ref(), member).await;
        open.map_err(|error| load_failed(&LoadError::Accounts(error)))
    }

    /// An error unless the stream is of this kind. One event is read: an id that a client names may be that of any stream,
    /// and some are millions of events long.
    pub(super) async fn require_kind(
        &self,
        stream: StreamId,
        kind: StreamKind,
        otherwise: MemberError,
    ) -> Result<(), MemberError> {
        let first =
            self.shared.log.read_event(stream, Version::ZERO.next()).await.map_err(|error| read_failed(&error))?;
        let found = first.map(|first| {
            Recorded::decode(&first.event_type, first.schema_version, &first.payload).map(|event| event.stream_kind())
        });
        match found {
            Some(Ok(found)) if found == kind => Ok(()),
            Some(Err(source)) => Err(load_failed(&LoadError::Event { stream, source })),
            _ => Err(otherwise),
        }
    }

    /// One stream, read afresh.
    pub(super) async fn unit_of(&self, stream: StreamId) -> Result<UnitOfWork, MemberError> {
        UnitOfWork::of(stream, self.shared.log.as_ref()).await.map_err(|error: LoadError| load_failed(&error))
    }
}
