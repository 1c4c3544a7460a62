//! What a command does, and what is told of it.

use contracts::recorded::{DecodeError, MemberRecorded, Recorded};
use domain::member::{Deciding, MemberEvent, MemberRefusal};
use kernel::{Actor, Place, StreamId, Version};
use log::{Commit, NewEvent};

use super::{MemberError, unit_of_work::UnitOfWork};
use crate::ExecuteError;

/// One command, as the loop that carries it out sees it. All of it may be asked again: after a conflict the streams are
/// read again, and it decides again.
pub trait CommandHandler: Sync {
    /// What is answered.
    type Answer: Send;

    /// Who asks, as far as the streams tell.
    fn actor(&self, unit: &UnitOfWork) -> Actor;

    /// What happens. Streams it looks for in vain are read, and it is asked again. That nothing happens is no refusal.
    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal>;

    /// The recorded form of something that happens, if it holds more than the domain knows.
    fn record(
        &self,
        _happening: &MemberEvent,
        _at: At,
        _desk: &UnitOfWork,
    ) -> Result<Option<MemberRecorded>, MemberError> {
        Ok(None)
    }

    /// The answer, from the events that were written: the first time and every time after. No events, if nothing happened.
    fn tell(&self, events: &[PendingEvent], unit: &UnitOfWork) -> Result<Self::Answer, MemberError>;
}

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

/// An event that a command wrote or is to write.
#[derive(Clone, Debug)]
pub struct PendingEvent {
    /// Where.
    pub at: At,
    /// What.
    pub recorded: Recorded,
}

impl PendingEvent {
    /// What the log is to be given.
    pub fn new_event(&self) -> Result<NewEvent, serde_json::Error> {
        Ok(NewEvent {
            stream: self.at.stream,
            version: self.at.version,
            event_type: self.recorded.event_type(),
            schema_version: self.recorded.schema_version(),
            payload: self.recorded.payload()?,
        })
    }

    /// The events of a commit that is in the log.
    pub fn of_commit(commit: &Commit) -> Result<Vec<Self>, DecodeError> {
        let event = |event: &log::Event| {
            let recorded = Recorded::decode(&event.event_type, event.schema_version, &event.payload)?;
            Ok(Self { at: At { stream: event.stream, version: event.version }, recorded })
        };
        commit.events.iter().map(event).collect()
    }

    /// The event, if it is of a member.
    pub fn member(&self) -> Option<&MemberRecorded> {
        match &self.recorded {
            Recorded::Member(event) => Some(event),
            _ => None,
        }
    }
}

/// The first of these events that this picks.
pub fn pick<'a, T>(events: &'a [PendingEvent], pick: impl Fn(At, &'a MemberRecorded) -> Option<T>) -> Option<T> {
    events.iter().find_map(|event| pick(event.at, event.member()?))
}

/// The refusal these events tell of, if they do.
pub fn refusal_in(events: &[PendingEvent]) -> Option<MemberError> {
    events.iter().find_map(|event| match &event.recorded {
        Recorded::CommandRefused(refused) => Some(match MemberRefusal::kept(&refused.refusal.code) {
            Some(refusal) => refused_for_good(refusal),
            None => ExecuteError::Internal.into(),
        }),
        Recorded::Member(MemberRecorded::SignUpCodeRefused(e)) => Some(code_wrong(e.tries_left)),
        Recorded::Member(MemberRecorded::ContactCodeRefused(e)) => Some(code_wrong(e.tries_left)),
        _ => None,
    })
}

/// The answer that these events tell, or their refusal; events that tell neither are a defect.
pub fn told<T>(events: &[PendingEvent], answer: Option<T>) -> Result<T, MemberError> {
    match (refusal_in(events), answer) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(answer)) => Ok(answer),
        (None, None) => {
            tracing::error!("the events of a member's command tell no outcome of it");
            Err(ExecuteError::Internal.into())
        }
    }
}

/// The error of a refusal that is kept.
pub fn refused_for_good(refusal: MemberRefusal) -> MemberError {
    match refusal.code() {
        Some(code) => MemberError::Refused { code, tries_left: None },
        None => ExecuteError::Internal.into(),
    }
}

fn code_wrong(tries_left: u32) -> MemberError {
    MemberError::Refused { code: MemberRefusal::CODE_WRONG, tries_left: Some(tries_left) }
}
