//! Pending events: the events a command is to write, typed, each with the version it takes.

use contracts::recorded::Recorded;
use kernel::{Position, StreamId, Version};
use log::{Commit, NewCommit, NewEvent};

use super::stream::FoldError;
use super::unit_of_work::UnitOfWork;
use crate::Submission;

/// An event that a command wrote or is to write.
#[derive(Clone, Debug)]
pub struct PendingEvent {
    pub stream: StreamId,
    pub version: Version,
    pub recorded: Recorded,
}

/// The events of one command, in the order of their positions.
#[derive(Clone, Debug, Default)]
pub struct PendingEvents(pub Vec<PendingEvent>);

impl PendingEvents {
    /// Adds one more event and puts it in the unit of work.
    pub fn push(&mut self, unit: &mut UnitOfWork, stream: StreamId, recorded: Recorded) -> Result<(), FoldError> {
        let version = unit.apply(stream, &recorded)?;
        self.0.push(PendingEvent { stream, version, recorded });
        Ok(())
    }

    /// Adds the first event of a stream that nothing else of the batch can know of, so it need not be in the unit of work.
    pub fn push_new(&mut self, stream: StreamId, recorded: impl Into<Recorded>) {
        self.0.push(PendingEvent { stream, version: Version::ZERO.next(), recorded: recorded.into() });
    }

    /// What the log is to be given.
    pub fn commit(&self, submission: &Submission) -> Result<NewCommit, serde_json::Error> {
        let event = |event: &PendingEvent| {
            Ok(NewEvent {
                stream: event.stream,
                version: event.version,
                event_type: event.recorded.event_type(),
                schema_version: event.recorded.schema_version(),
                payload: event.recorded.payload()?,
            })
        };
        Ok(NewCommit {
            command_id: submission.command_id,
            fingerprint: submission.fingerprint,
            actor: submission.actor,
            correlation: submission.correlation,
            events: self.0.iter().map(event).collect::<Result<_, _>>()?,
        })
    }

    /// The events of a commit that is in the log.
    pub fn from_commit(commit: &Commit) -> Result<Self, FoldError> {
        let event = |event: &log::Event| {
            let recorded = Recorded::decode(&event.event_type, event.schema_version, &event.payload)
                .map_err(|source| FoldError::Event { stream: event.stream, source })?;
            Ok(PendingEvent { stream: event.stream, version: event.version, recorded })
        };
        commit.events.iter().map(event).collect::<Result<_, _>>().map(Self)
    }

    /// The position of the event at an index, when the first is at `first`.
    pub fn position(first: Position, index: usize) -> Position {
        first.plus(index as i64)
    }
}
