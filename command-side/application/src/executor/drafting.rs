//! Drafts: the events a command is to write, typed, each with the version it takes.

use contracts::recorded::Recorded;
use kernel::{Position, StreamId, Version};
use log::{Commit, NewCommit, NewEvent};

use super::desk::Desk;
use super::stream::FoldError;
use crate::Submission;

/// An event that a command wrote or is to write.
#[derive(Clone, Debug)]
pub struct Draft {
    pub stream: StreamId,
    pub version: Version,
    pub recorded: Recorded,
}

/// The events of one command, in the order of their positions.
#[derive(Clone, Debug, Default)]
pub struct Drafts(pub Vec<Draft>);

impl Drafts {
    /// Drafts one more event and puts it on the desk.
    pub fn push(&mut self, desk: &mut Desk, stream: StreamId, recorded: Recorded) -> Result<(), FoldError> {
        let version = desk.apply(stream, &recorded)?;
        self.0.push(Draft { stream, version, recorded });
        Ok(())
    }

    /// Drafts the first event of a stream that nothing else of the batch can know of, so it need not be on the desk.
    pub fn push_new(&mut self, stream: StreamId, recorded: impl Into<Recorded>) {
        self.0.push(Draft { stream, version: Version::ZERO.next(), recorded: recorded.into() });
    }

    /// What the log is to be given.
    pub fn commit(&self, submission: &Submission) -> Result<NewCommit, serde_json::Error> {
        let event = |draft: &Draft| {
            Ok(NewEvent {
                stream: draft.stream,
                version: draft.version,
                event_type: draft.recorded.event_type(),
                schema_version: draft.recorded.schema_version(),
                payload: draft.recorded.payload()?,
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
        let draft = |event: &log::Event| {
            let recorded = Recorded::decode(&event.event_type, event.schema_version, &event.payload)
                .map_err(|source| FoldError::Event { stream: event.stream, source })?;
            Ok(Draft { stream: event.stream, version: event.version, recorded })
        };
        commit.events.iter().map(draft).collect::<Result<_, _>>().map(Self)
    }

    /// The position of the event at an index, when the first is at `first`.
    pub fn position(first: Position, index: usize) -> Position {
        first.plus(index as i64)
    }
}
