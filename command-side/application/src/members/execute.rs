//! Carrying a command out: look whether it is done, read, decide, append; and again, if another was faster.

use std::{error::Error, time::Duration};

use chrono::SubsecRound;
use contracts::recorded::{CommandRefused, Recorded, Refusal};
use domain::member::{Deciding, MemberEvent, MemberRefusal};
use kernel::{CommitRef, ConsistencyToken, StreamId, Version};
use log::{AppendError, Commit, NewCommit, ReadError};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    MemberError, Members, Meta, Receipt,
    accounts::AccountsError,
    handler::{At, CommandHandler, PendingEvent},
    translating::{login_among, plain, stream_of},
    unit_of_work::{LoadError, UnitOfWork},
};
use crate::{ExecuteError, executor::stream::check_place};

/// Why a try came to no answer.
enum RetryReason {
    /// Another was faster: nothing was written.
    Conflict,
    /// It is not known whether it was written.
    Lost,
    /// The answer is no, by what was read just now. After a lost try it may be yes all the same.
    No(MemberError),
    /// The answer is no, for it is in the log.
    Final(MemberError),
}

/// How long after its deadline a command still waits to learn what became of an append.
pub(super) const GRACE: Duration = Duration::from_secs(5);

impl Members {
    /// Carries a command out while its streams are locked on this server.
    pub(super) async fn carry_out<D: CommandHandler>(
        &self,
        handler: &D,
        meta: &Meta,
        locks: &[StreamId],
    ) -> Result<Receipt<D::Answer>, MemberError> {
        let waiting = timeout_at(meta.deadline, self.shared.stream_locks.hold(locks));
        let _held = waiting.await.map_err(|_| ExecuteError::DeadlinePassed)?;
        let mut lost = false;
        for attempt in 0..=self.shared.options.attempts {
            if attempt > 0 {
                // Two servers that keep colliding step out of each other's way by different amounts.
                let jitter = 1 + self.shared.ids.digits() % 8;
                sleep(Duration::from_millis(u64::from(attempt.min(10)) * jitter)).await;
            }
            let patience = if lost { GRACE } else { Duration::ZERO };
            if Instant::now() >= meta.deadline + patience {
                return Err(if lost { ExecuteError::OutcomeUnknown } else { ExecuteError::DeadlinePassed }.into());
            }
            match self.try_once(handler, meta).await {
                Ok(told) => return Ok(told),
                Err(RetryReason::Final(error)) => return Err(error),
                Err(RetryReason::No(error)) if !lost => return Err(error),
                Err(RetryReason::No(_)) => sleep(Duration::from_millis(100)).await,
                Err(RetryReason::Conflict) => metrics::counter!("member_conflicts").increment(1),
                Err(RetryReason::Lost) => lost = true,
            }
        }
        Err(if lost { ExecuteError::OutcomeUnknown } else { ExecuteError::Contended }.into())
    }

    async fn try_once<D: CommandHandler>(&self, handler: &D, meta: &Meta) -> Result<Receipt<D::Answer>, RetryReason> {
        if let Some(commit) = self.find(meta).await.map_err(known_reuse)? {
            return self.replay(handler, meta, &commit).await.map_err(RetryReason::Final);
        }
        let (unit, decided) = self.read_and_decide(handler).await.map_err(RetryReason::No)?;
        let pending = match decided {
            Ok(events) => pending_events(handler, &unit, &events).map_err(RetryReason::No)?,
            Err(refusal) => match refusal.code() {
                Some(code) => vec![refused(meta, code)],
                None => return Err(RetryReason::No(self.turned_away(refusal))),
            },
        };
        if pending.is_empty() {
            let head = self.shared.log.head().await.map_err(|error| RetryReason::No(read_failed(&error)))?;
            let token = ConsistencyToken::of(head.log, head.commit);
            let answer = handler.tell(&pending, &unit).map_err(RetryReason::Final)?;
            return Ok(Receipt { answer, replayed: false, token });
        }
        self.check_token(meta).map_err(|error| RetryReason::No(error.into()))?;
        let token = self.append(meta, handler.actor(&unit), &pending).await?;
        self.shared.wake.notify_one();
        metrics::counter!("member_commands").increment(1);
        let answer = handler.tell(&pending, &unit).map_err(RetryReason::Final)?;
        Ok(Receipt { answer, replayed: false, token })
    }

    /// An error if the token of a command was revoked since the command came in, or if that is not known: then this process
    /// stood still meanwhile.
    fn check_token(&self, meta: &Meta) -> Result<(), ExecuteError> {
        let (Some(token), Some(revoked)) = (&meta.token, &self.shared.options.revoked) else { return Ok(()) };
        if token.is_refused(revoked.as_ref()) {
            return Err(ExecuteError::TokenRefused);
        }
        if token.is_unsure(revoked.as_ref()) {
            return Err(ExecuteError::DeadlinePassed);
        }
        Ok(())
    }

    /// Reads what the handler looks for until it has seen all of it.
    pub(super) async fn read_and_decide<D: CommandHandler>(
        &self,
        handler: &D,
    ) -> Result<(UnitOfWork, Result<Vec<MemberEvent>, MemberRefusal>), MemberError> {
        let mut unit = UnitOfWork::default();
        loop {
            // The log keeps microseconds: what is decided now is read back the same.
            let now = self.shared.clock.now().trunc_subsecs(6);
            let decided = handler.decide(Deciding { known: &unit, now, rules: &self.shared.options.codes });
            if !unit.read_wanted(self.shared.log.as_ref()).await.map_err(|error| load_failed(&error))? {
                return Ok((unit, decided));
            }
        }
    }

    async fn append(
        &self,
        meta: &Meta,
        actor: kernel::Actor,
        pending: &[PendingEvent],
    ) -> Result<ConsistencyToken, RetryReason> {
        let events = pending.iter().map(PendingEvent::new_event).collect::<Result<_, _>>();
        let events = events.map_err(|error| {
            tracing::error!(error = &error as &dyn Error, "an event of a member cannot be written");
            RetryReason::No(ExecuteError::Internal.into())
        })?;
        let Meta { command_id, fingerprint, correlation, .. } = *meta;
        let commit = NewCommit { command_id, fingerprint, actor, correlation, events };
        let written = self.shared.log.append(std::slice::from_ref(&commit)).await.map_err(|error| {
            let source: &(dyn Error + 'static) = &error;
            match error {
                AppendError::Conflict | AppendError::OtherHistory => RetryReason::Conflict,
                AppendError::Unknown(_) => {
                    tracing::warn!(error = source, "the outcome of a member's append is unknown; looking it up");
                    RetryReason::Lost
                }
                AppendError::Unavailable(_) => {
                    tracing::error!(error = source, "the log cannot be reached; a member's command is turned away");
                    RetryReason::No(ExecuteError::LogUnavailable.into())
                }
                AppendError::Refused(_) => {
                    tracing::error!(error = source, "the log refused a member's append");
                    RetryReason::No(ExecuteError::Internal.into())
                }
            }
        })?;
        let position = written.first.plus(pending.len() as i64 - 1);
        let commit = CommitRef { position, command_id, recorded_at: written.recorded_at };
        Ok(ConsistencyToken::of(written.log, Some(commit)))
    }

    /// The commit of this command, if it is in the log; a commit of another request under its id is an error.
    pub(super) async fn find(&self, meta: &Meta) -> Result<Option<Commit>, MemberError> {
        let found = self.shared.log.find_commits(&[meta.command_id]).await.map_err(|error| read_failed(&error))?;
        match found.into_iter().next() {
            Some(commit) if commit.fingerprint != meta.fingerprint => Err(ExecuteError::KeyReused.into()),
            found => Ok(found),
        }
    }

    /// The answer that a commit in the log tells.
    pub(super) async fn replay<D: CommandHandler>(
        &self,
        handler: &D,
        meta: &Meta,
        commit: &Commit,
    ) -> Result<Receipt<D::Answer>, MemberError> {
        let events = PendingEvent::of_commit(commit).map_err(|error| {
            tracing::error!(error = &error as &dyn Error, command.id = %meta.command_id, "a commit cannot be told again");
            ExecuteError::Internal
        })?;
        let mut unit = UnitOfWork::default();
        let answer = loop {
            let answer = handler.tell(&events, &unit);
            if !unit.read_wanted(self.shared.log.as_ref()).await.map_err(|error| load_failed(&error))? {
                break answer?;
            }
        };
        metrics::counter!("member_replays").increment(1);
        Ok(Receipt { answer, replayed: true, token: self.token(commit.reference()).await? })
    }

    /// A token for a commit of this log.
    pub(super) async fn token(&self, commit: CommitRef) -> Result<ConsistencyToken, MemberError> {
        let head = self.shared.log.head().await.map_err(|error| read_failed(&error))?;
        Ok(ConsistencyToken::of(head.log, Some(commit)))
    }

    /// The error of a refusal that is not kept.
    pub(super) fn turned_away(&self, refusal: MemberRefusal) -> MemberError {
        match refusal {
            MemberRefusal::LoginIdTaken => MemberError::LoginIdTaken,
            MemberRefusal::SignUpUnknown => MemberError::SignUpUnknown,
            MemberRefusal::MemberUnknown => MemberError::MemberUnknown,
            MemberRefusal::TooEarly { until } => {
                let retry_after = (until - self.shared.clock.now()).to_std().unwrap_or_default();
                MemberError::ResendTooEarly { retry_after }
            }
            kept => super::handler::refused_for_good(kept),
        }
    }
}

/// A used key stays used; anything else may have been otherwise a moment ago.
fn known_reuse(error: MemberError) -> RetryReason {
    match error {
        MemberError::Execute(ExecuteError::KeyReused) => RetryReason::Final(error),
        error => RetryReason::No(error),
    }
}

/// The events of what happens, each with the version it takes, sealed where it is to be sealed.
fn pending_events<D: CommandHandler>(
    handler: &D,
    unit: &UnitOfWork,
    events: &[MemberEvent],
) -> Result<Vec<PendingEvent>, MemberError> {
    let login = login_among(events);
    let mut pending: Vec<PendingEvent> = Vec::with_capacity(events.len());
    for event in events {
        let stream = stream_of(event);
        let before = pending.iter().filter(|event| event.at.stream == stream);
        let kind = unit.kind(stream).or_else(|| before.clone().next().map(|event| event.recorded.stream_kind()));
        let at = At { stream, version: unit.version(stream).plus(before.count() as i64 + 1) };
        let recorded = match handler.record(event, at, unit)? {
            Some(recorded) => recorded.into(),
            None => plain(event, login).ok_or(ExecuteError::Internal)?,
        };
        check_place(stream, at.version, kind, &recorded).map_err(|error| load_failed(&LoadError::Fold(error)))?;
        pending.push(PendingEvent { at, recorded });
    }
    Ok(pending)
}

/// A refusal stands on the command's own stream, so that it collides with nothing but itself.
fn refused(meta: &Meta, code: &'static str) -> PendingEvent {
    let refusal = Refusal { code: code.to_owned(), available: None };
    let at = At { stream: meta.command_id.into(), version: Version::ZERO.next() };
    PendingEvent { at, recorded: Recorded::CommandRefused(CommandRefused { refusal }) }
}

pub(super) fn read_failed(error: &ReadError) -> MemberError {
    tracing::error!(error = error as &dyn Error, "the log cannot be read for a member's command");
    match error {
        ReadError::Unavailable(_) => ExecuteError::LogUnavailable.into(),
        ReadError::Damaged { .. } | ReadError::OtherHistory { .. } | ReadError::Renamed { .. } | ReadError::NoLog => {
            ExecuteError::Internal.into()
        }
    }
}

pub(super) fn load_failed(error: &LoadError) -> MemberError {
    match error {
        LoadError::Read(error) => read_failed(error),
        LoadError::Accounts(AccountsError::Read(error)) => read_failed(error),
        LoadError::Event { .. } | LoadError::Fold(_) | LoadError::Accounts(AccountsError::Fold(_)) => {
            tracing::error!(
                error = error as &dyn Error,
                "a stream of a member cannot be read; run `jangbu log verify`"
            );
            ExecuteError::Internal.into()
        }
    }
}
