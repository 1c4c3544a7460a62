//! The use cases of members: what is prepared in the vault before a command, the command, and what follows it.
//!
//! The log decides what is true; the vault is brought up to it, by the command at once and by the process runner whatever
//! crashed.

use std::{error::Error, sync::Arc, time::Duration};

use domain::member::{Channel, Contact, LoginId, Standing, StateReader};
use events::recorded::{Event, MemberEvent, MemberJoined, StreamKind};
use kernel::{Actor, Clock, Ids, MemberId, Place, Sealed, StreamId, Version};
use secrecy::ExposeSecret;
use tokio::{sync::Notify, time::timeout_at};
use uuid::Uuid;
use vault::{Certificate, DataKey, Vault};

use super::{
    MemberError, MemberOptions, MemberRules,
    member_rules::MemberAnswer,
    sealing::{open, vault_failed},
};
use crate::{
    ExecuteError,
    engine::{
        Claim, Command, Engine, EngineOptions, Meta, MetricNames, OperatorAct, Receipt, Running, Submission,
        UnitOfWork, read_failed,
    },
};

/// The log as members need it.
pub trait MemberLog: log::Append + log::ReadStreams + log::ReadHead + log::ReadTyped + log::OwnedAccounts {}

impl<T: log::Append + log::ReadStreams + log::ReadHead + log::ReadTyped + log::OwnedAccounts> MemberLog for T {}

/// Whether anything may still be done for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStanding {
    /// Everything.
    Active,
    /// Nothing any more.
    Erasing,
    /// There is nothing left to do it for.
    Erased,
}

/// The use cases of members. Cheap to clone.
#[derive(Clone)]
pub struct Members {
    pub(crate) shared: Arc<Shared>,
}

pub struct Shared {
    engine: Engine<MemberRules>,
    pub log: Arc<dyn MemberLog>,
    pub vault: Arc<dyn Vault>,
    pub ids: Arc<dyn Ids>,
    pub clock: Arc<dyn Clock>,
    pub options: MemberOptions,
    /// Tells the process runner that there is something to do.
    pub wake: Notify,
    /// Commands in hand hold a copy of this, so it is dropped when there are none.
    _running: Running,
}

/// How long after its deadline a command still waits to learn what became of an append.
const GRACE: Duration = Duration::from_secs(5);
/// So many commands may wait. They are rare, and each holds a request.
const QUEUE: usize = 4096;

impl Members {
    /// On a log and a vault.
    pub fn new<L: MemberLog + 'static>(
        log: Arc<L>,
        vault: Arc<dyn Vault>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
        options: MemberOptions,
    ) -> Self {
        Self::on_logs((log.clone(), log), vault, ids, clock, options)
    }

    /// On two ways to one log: that of the engine, which need not wait for an archive, and that of everybody else.
    pub fn on_logs<E: MemberLog + 'static, L: MemberLog + 'static>(
        (engine_log, log): (Arc<E>, Arc<L>),
        vault: Arc<dyn Vault>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
        options: MemberOptions,
    ) -> Self {
        let (codes, approvals) = (options.codes.clone(), options.approvals.clone());
        let rules = MemberRules { codes, approvals, clock: clock.clone(), vault: vault.clone() };
        let (engine, running) = Engine::spawn(engine_log, ids.clone(), rules, engine_options(&options));
        let wake = Notify::new();
        Self { shared: Arc::new(Shared { engine, log, vault, ids, clock, options, wake, _running: running }) }
    }

    /// Proof that a member was erased, once they are. The vault has it a moment before the log: until then neither
    /// the login id nor the contact is free again, and the erasure is not completed.
    pub async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, MemberError> {
        let kept = self.shared.vault.certificate(erasure).await.map_err(vault_failed)?;
        let Some(kept) = kept else { return Ok(None) };
        let is_erased = self.state(kept.member_id).await? == Some(MemberStanding::Erased);
        Ok(is_erased.then_some(kept))
    }

    /// Whether anything may be done for a member; none if there never was one.
    pub async fn state(&self, member: MemberId) -> Result<Option<MemberStanding>, MemberError> {
        let unit = self.read(StreamId::new(member.uuid())).await?;
        Ok(unit.person(member).map(|person| match person.standing {
            Standing::Active => MemberStanding::Active,
            Standing::Erasing { .. } => MemberStanding::Erasing,
            Standing::Erased { .. } => MemberStanding::Erased,
        }))
    }

    /// What a member logs in with: a new password must not contain it.
    pub async fn login_id(&self, member: MemberId) -> Result<LoginId, MemberError> {
        let key = self.key_of(member).await?;
        let unit = self.read(StreamId::new(member.uuid())).await?;
        let joined = unit.newest(StreamId::new(member.uuid()), "login_id", joined_in);
        let (place, joined) = joined.ok_or(MemberError::MemberUnknown)?;
        let text = open(&key, place, &joined.login_id)?;
        text.expose_secret().parse().map_err(|_| ExecuteError::Internal.into())
    }

    /// Carries a use case out to its end, even if the caller goes away: between the log and the vault nothing is left half
    /// done that need not be.
    pub(super) async fn accept<T, F>(&self, meta: Meta, work: impl FnOnce(Self, Claim) -> F) -> Result<T, MemberError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, MemberError>> + Send + 'static,
    {
        let claim = self.shared.engine.claim(meta.command_id)?;
        let task = tasks::brief(work(self.clone(), claim));
        match timeout_at(meta.deadline + 2 * GRACE, task).await {
            Ok(Ok(result)) => result,
            // It died with the command in hand, or takes too long.
            Ok(Err(_)) | Err(_) => Err(ExecuteError::OutcomeUnknown.into()),
        }
    }

    /// Carries out a command that was accepted.
    pub(super) async fn carry_out<C, T>(
        &self,
        claim: &Claim,
        (actor, meta): (Actor, Meta),
        command: C,
    ) -> Result<Receipt<T>, MemberError>
    where
        C: Command<Rules = MemberRules, Answer = MemberAnswer<T>, Error = MemberError>,
    {
        self.carry_out_act(claim, (actor, meta, None), command).await
    }

    /// The same for a command that may be the act of an operator who logged in.
    pub(super) async fn carry_out_act<C, T>(
        &self,
        claim: &Claim,
        (actor, meta, act): (Actor, Meta, Option<OperatorAct>),
        command: C,
    ) -> Result<Receipt<T>, MemberError>
    where
        C: Command<Rules = MemberRules, Answer = MemberAnswer<T>, Error = MemberError>,
    {
        let submission = Submission { actor, meta, act, command };
        let receipt = self.shared.engine.execute_claimed(claim.clone(), submission).await?;
        if !receipt.replayed {
            self.shared.wake.notify_one();
        }
        outcome(receipt)
    }

    /// Carries out a step of a process.
    pub(crate) async fn carry_out_step<C, T>(
        &self,
        actor: Actor,
        meta: Meta,
        command: C,
    ) -> Result<Receipt<T>, MemberError>
    where
        C: Command<Rules = MemberRules, Answer = MemberAnswer<T>, Error = MemberError>,
    {
        let claim = self.shared.engine.claim(meta.command_id)?;
        self.carry_out(&claim, (actor, meta), command).await
    }

    /// What came of a command, if it is in the log.
    pub(super) async fn recall<C, T>(&self, meta: &Meta, command: &C) -> Result<Option<Receipt<T>>, MemberError>
    where
        C: Command<Rules = MemberRules, Answer = MemberAnswer<T>, Error = MemberError>,
    {
        self.shared.engine.recall(meta, command).await?.map(outcome).transpose()
    }

    pub(super) fn engine(&self) -> &Engine<MemberRules> {
        &self.shared.engine
    }

    /// One stream, read afresh.
    pub(crate) async fn read(&self, stream: StreamId) -> Result<UnitOfWork, MemberError> {
        Ok(self.shared.engine.read(stream).await?)
    }

    /// The first event of a stream, if it is of this kind; else an error. One event is read: an id that a client names may be
    /// that of any stream, and some are millions of events long.
    pub(super) async fn require_kind(
        &self,
        stream: StreamId,
        kind: StreamKind,
        otherwise: MemberError,
    ) -> Result<Event, MemberError> {
        let first =
            self.shared.log.read_event(stream, Version::ZERO.next()).await.map_err(|error| read_failed(&error))?;
        let first = first.map(|first| Event::decode(&first.event_type, first.schema_version, &first.payload));
        match first {
            Some(Ok(first)) if first.event_type().kind == kind => Ok(first),
            Some(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn Error, stream.id = %stream,
                    "a stream of a member cannot be read; run `jangbu log verify`"
                );
                Err(ExecuteError::Internal.into())
            }
            _ => Err(otherwise),
        }
    }

    /// The name of a contact.
    pub(super) fn contact_name(&self, contact: &Contact) -> StreamId {
        self.shared.vault.names().contact(contact.channel().as_str(), contact.identity().expose_secret())
    }

    /// The other names of a sealed contact, under which an earlier build may have reserved it: a telephone number that was
    /// kept before numbers were read by their country's plan. None without the key, for then there is no one to reach.
    pub(crate) fn spellings_of(
        &self,
        key: Option<&DataKey>,
        place: Place,
        channel: Channel,
        sealed: &Sealed,
    ) -> Result<Vec<StreamId>, MemberError> {
        let (Channel::Phone, Some(key)) = (channel, key) else { return Ok(Vec::new()) };
        let kept = open(key, place, sealed)?;
        // What no plan has can only have been kept in the spelling that it came in.
        let Ok(contact) = Contact::parse(channel, kept.expose_secret()) else { return Ok(Vec::new()) };
        let spellings = std::iter::once(contact.clone()).chain(contact.earlier_spellings());
        let others = spellings.filter(|spelling| spelling.expose() != kept.expose_secret());
        Ok(others.map(|spelling| self.contact_name(&spelling)).collect())
    }

    /// The data key of somebody who is a member.
    pub(super) async fn key_of(&self, member: MemberId) -> Result<DataKey, MemberError> {
        let key = self.shared.vault.key(member).await.map_err(vault_failed)?;
        key.ok_or(MemberError::MemberUnknown)
    }
}

/// An engine that keeps nothing in memory: every decision rests on streams read for it, and no personal data outlive their
/// answer.
fn engine_options(options: &MemberOptions) -> EngineOptions {
    EngineOptions {
        name: "member-engine",
        metrics: &MetricNames::MEMBERS,
        is_vital: false,
        queue: QUEUE,
        batch_weight: 128,
        cached_streams: 0,
        cached_answers: 0,
        state_every: 0,
        attempts: options.attempts,
        grace: GRACE,
        revoked: options.revoked.clone(),
    }
}

/// A recorded refusal is an error to whoever asked.
fn outcome<T>(receipt: Receipt<MemberAnswer<T>>) -> Result<Receipt<T>, MemberError> {
    let Receipt { answer, replayed, token } = receipt;
    let answer =
        answer.map_err(|refused| MemberError::Refused { code: refused.code, tries_left: refused.tries_left })?;
    Ok(Receipt { answer, replayed, token })
}

pub(super) fn joined_in(event: &MemberEvent) -> Option<&MemberJoined> {
    match event {
        MemberEvent::Joined(joined) => Some(joined),
        _ => None,
    }
}
