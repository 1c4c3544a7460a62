//! Pending events: the events a command is to write, typed, each with the version it takes.

use events::recorded::{self, AccountEvent, DecodeError, Holder};
use kernel::{MemberId, Position, StreamId, Version};
use log::{Commit, NewEvent};

/// An event that a command wrote or is to write.
#[derive(Clone, Debug)]
pub struct PendingEvent {
    pub stream: StreamId,
    pub version: Version,
    pub recorded: recorded::Event,
}

impl PendingEvent {
    /// The first event of a stream.
    pub fn first(stream: StreamId, recorded: impl Into<recorded::Event>) -> Self {
        Self { stream, version: Version::ZERO.next(), recorded: recorded.into() }
    }

    /// What the log is to be given.
    pub fn new_event(&self) -> Result<NewEvent, serde_json::Error> {
        let recorded::EventType { name: event_type, schema_version, kind, opens_stream, .. } =
            self.recorded.event_type();
        Ok(NewEvent {
            stream: self.stream,
            version: self.version,
            event_type,
            schema_version,
            payload: self.recorded.payload()?,
            kind: kind.as_str(),
            opens_stream,
            owner: self.owner(),
        })
    }

    /// The member that an account is opened for.
    fn owner(&self) -> Option<MemberId> {
        match &self.recorded {
            recorded::Event::Account(AccountEvent::Opened(opened)) => match &opened.holder {
                Holder::Member { owner, .. } => Some(*owner),
                Holder::System { .. } => None,
            },
            _ => None,
        }
    }

    /// The events of a commit that is in the log.
    pub fn of_commit(commit: &Commit) -> Result<Vec<Self>, DecodeError> {
        let event = |event: &log::Event| {
            let recorded = recorded::Event::decode(&event.event_type, event.schema_version, &event.payload)?;
            Ok(Self { stream: event.stream, version: event.version, recorded })
        };
        commit.events.iter().map(event).collect()
    }
}

/// The position of the event at an index, when the first is at `first`.
pub fn position(first: Position, index: usize) -> Position {
    first.plus(index as i64)
}
