//! What members' commands have in common: the rules they decide by, how their events are recorded, and how refusals are told.

use std::{fmt, sync::Arc};

use chrono::SubsecRound;
use domain::member::{CodeRules, DecidedEvent, Deciding, MemberRefusal, UnsealedEvent};
use events::recorded::{Event, MemberEvent, PasswordResetEvent, Refusal, RefusedCommandEvent, SignUpEvent};
use kernel::{Clock, Place, StreamId, Version};
use vault::{Names, Vault};

use super::{ApprovalOptions, MemberError};
use crate::{
    ExecuteError,
    engine::{Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// What members' commands decide by.
pub struct MemberRules {
    /// How long sign-ups and codes live, and how often they may be tried.
    pub codes: CodeRules,
    /// What waits for a second operator.
    pub approvals: ApprovalOptions,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For its keyed hashes. A decision asks it nothing else.
    pub vault: Arc<dyn Vault>,
}

impl fmt::Debug for MemberRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberRules").field("codes", &self.codes).finish_non_exhaustive()
    }
}

/// A refusal that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRefused {
    /// The public code.
    pub code: &'static str,
    /// How many wrong codes are still allowed, after a wrong one.
    pub tries_left: Option<u32>,
}

/// What the events of a member's command say: its outcome, or that it was refused.
pub type MemberAnswer<T> = Result<T, MemberRefused>;

/// Where an event goes.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Its stream.
    pub stream: StreamId,
    /// The version it takes.
    pub version: Version,
}

impl At {
    /// The place of a field of the event.
    pub fn field(self, field: &'static str) -> Place {
        Place { stream: self.stream, version: self.version, field }
    }
}

impl MemberRules {
    /// The keyed hashes of the vault.
    pub fn names(&self) -> &Names {
        self.vault.names()
    }

    /// A decision on these streams, now.
    pub fn deciding<'a>(&'a self, known: &'a UnitOfWork) -> Deciding<'a, UnitOfWork> {
        // The log keeps microseconds: what is decided now is read back the same.
        Deciding { known, now: self.clock.now().trunc_subsecs(6), rules: &self.codes }
    }

    /// Records what was decided. `seal` completes an event with its sealed texts.
    pub fn record(
        &self,
        decided: Result<Vec<DecidedEvent>, MemberRefusal>,
        work: &mut Decision<'_>,
        seal: impl Fn(UnsealedEvent, At, &UnitOfWork) -> Result<Event, MemberError>,
    ) -> Result<(), MemberError> {
        if work.lacks_any() {
            return Ok(());
        }
        let events = match decided {
            Ok(events) => events,
            Err(refusal) => {
                let code = refusal.code().ok_or_else(|| self.turned_away(refusal))?;
                work.refuse(Refusal::of(code));
                return Ok(());
            }
        };
        let mut pending: Vec<(StreamId, Event)> = Vec::with_capacity(events.len());
        for event in events {
            pending.push(match event {
                DecidedEvent::Complete(stream, event) => (stream, event),
                DecidedEvent::Unsealed(stream, event) => {
                    let before = pending.iter().filter(|(other, _)| *other == stream).count();
                    let at = At { stream, version: work.version(stream).plus(before as i64 + 1) };
                    (stream, seal(event, at, work)?)
                }
            });
        }
        // Only now that no error can come any more.
        pending.into_iter().for_each(|(stream, recorded)| work.push(stream, recorded));
        Ok(())
    }

    /// Records what was decided by a command none of whose events has a sealed text.
    pub fn record_plain(
        &self,
        decided: Result<Vec<DecidedEvent>, MemberRefusal>,
        work: &mut Decision<'_>,
    ) -> Result<(), MemberError> {
        self.record(decided, work, |_, _, _| Err(ExecuteError::Internal.into()))
    }

    /// The error of a refusal that is not kept.
    pub fn turned_away(&self, refusal: MemberRefusal) -> MemberError {
        match refusal {
            MemberRefusal::LoginIdTaken => MemberError::LoginIdTaken,
            MemberRefusal::SignUpUnknown => MemberError::SignUpUnknown,
            MemberRefusal::ResetUnknown => MemberError::ResetUnknown,
            MemberRefusal::MemberUnknown => MemberError::MemberUnknown,
            MemberRefusal::TooEarly { until } => {
                let retry_after = (until - self.clock.now()).to_std().unwrap_or_default();
                MemberError::ResendTooEarly { retry_after }
            }
            kept => match kept.code() {
                Some(code) => MemberError::Refused { code, tries_left: None },
                None => ExecuteError::Internal.into(),
            },
        }
    }
}

/// The answer in these events, or their refusal.
pub fn answer_or_refusal<T>(events: &[PendingEvent], answer: Option<T>) -> Result<MemberAnswer<T>, IncompleteEvents> {
    match (refusal_in(events)?, answer) {
        (Some(refused), _) => Ok(Err(refused)),
        (None, answer) => answer.map(Ok).ok_or(IncompleteEvents),
    }
}

fn refusal_in(events: &[PendingEvent]) -> Result<Option<MemberRefused>, IncompleteEvents> {
    let code_wrong = |tries_left| MemberRefused { code: MemberRefusal::CODE_WRONG, tries_left: Some(tries_left) };
    for event in events {
        match &event.recorded {
            Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => {
                let kept = MemberRefusal::kept(&refused.refusal.code).and_then(MemberRefusal::code);
                return kept.map(|code| Some(MemberRefused { code, tries_left: None })).ok_or(IncompleteEvents);
            }
            Event::SignUp(SignUpEvent::CodeRefused(e)) => return Ok(Some(code_wrong(e.tries_left))),
            Event::PasswordReset(PasswordResetEvent::CodeRefused(e)) => return Ok(Some(code_wrong(e.tries_left))),
            Event::Member(MemberEvent::ContactCodeRefused(e)) => return Ok(Some(code_wrong(e.tries_left))),
            _ => {}
        }
    }
    Ok(None)
}
