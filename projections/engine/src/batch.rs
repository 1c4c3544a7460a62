//! Commits whose events were decoded, once for all views.

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CommitRef, CorrelationId, LogId, Position, StreamId, Version};

/// Turns the recorded form of an event into what the projections understand.
pub trait Decode: Send + Sync + 'static {
    /// What the projections understand.
    type Event: Send + Sync + 'static;

    /// The event, or why it cannot be understood.
    fn decode(&self, event: &log::Event) -> Result<Self::Event, String>;
}

/// An event that cannot be applied, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub position: Position,
    /// Which event it is; empty where it is not known which event of a commit is at fault.
    pub event_type: String,
    /// Why it cannot be applied.
    pub reason: String,
}

/// A run of whole commits of one log.
#[derive(Debug)]
pub struct Slice<E> {
    /// The log.
    pub log: LogId,
    /// The commit that it follows; `None` is the beginning of the log. A slice that does not say is never applied.
    pub after: Option<CommitRef>,
    /// The commits, oldest first, without a gap.
    pub commits: Vec<Commit<E>>,
}

/// One commit.
#[derive(Debug)]
pub struct Commit<E> {
    /// The position of the first event.
    pub first: Position,
    /// The command that wrote it.
    pub command_id: CommandId,
    /// Who asked for it.
    pub actor: Actor,
    /// When it was recorded, by the log's clock.
    pub recorded_at: DateTime<Utc>,
    /// Follows the request that wrote it.
    pub correlation: CorrelationId,
    /// The events, in the order of their positions.
    pub events: Vec<Event<E>>,
    faults: Vec<Fault>,
    late: bool,
}

/// One event.
#[derive(Debug)]
pub struct Event<E> {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// What happened. A projection meets `None` only at an event that it said it does not use.
    pub body: Option<E>,
}

impl<E: Send + Sync + 'static> Slice<E> {
    /// Decodes a slice that travelled.
    pub fn decode(slice: &log::Slice, decoder: &dyn Decode<Event = E>) -> Self {
        Self { log: slice.log(), after: slice.after(), commits: decode_all(slice.commits(), decoder) }
    }

    /// The position of the first event.
    pub fn first(&self) -> Position {
        self.commits.first().map_or(Position::ZERO, |commit| commit.first)
    }

    /// The position of the last event.
    pub fn last(&self) -> Position {
        self.commits.last().map_or(Position::ZERO, Commit::last)
    }

    /// Whether the slice goes on from this commit: it follows it, or holds it. `None` is the beginning of the log.
    pub(crate) fn goes_on_from(&self, commit: Option<CommitRef>) -> bool {
        let Some(commit) = commit else { return self.first() == Position::new(1) };
        self.after == Some(commit) || self.commits.iter().any(|held| held.reference() == commit)
    }

    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.commits.iter().map(|commit| commit.events.len()).sum()
    }
}

impl<E: Send + Sync + 'static> Commit<E> {
    /// Decodes one commit. An event that cannot be decoded is kept as a fault: only a view that uses it stops at it.
    pub fn decode(commit: &log::Commit, decoder: &dyn Decode<Event = E>) -> Self {
        Self::decode_used(commit, decoder, |_| true)
    }

    /// Decodes those events of a commit whose types are used.
    pub(crate) fn decode_used(
        commit: &log::Commit,
        decoder: &dyn Decode<Event = E>,
        uses: impl Fn(&str) -> bool,
    ) -> Self {
        let mut faults = Vec::new();
        let mut events = Vec::with_capacity(commit.events.len());
        for (position, event) in commit.positioned() {
            if !uses(&event.event_type) {
                events.push(Event { stream: event.stream, version: event.version, body: None });
                continue;
            }
            let body = match decoder.decode(event) {
                Ok(body) => Some(body),
                Err(reason) => {
                    faults.push(Fault { position, event_type: event.event_type.clone(), reason });
                    None
                }
            };
            events.push(Event { stream: event.stream, version: event.version, body });
        }
        let log::Commit { first, command_id, actor, recorded_at, correlation, .. } = *commit;
        Self { first, command_id, actor, recorded_at, correlation, events, faults, late: false }
    }

    /// The position of the last event.
    pub fn last(&self) -> Position {
        self.first.plus(self.events.len() as i64 - 1)
    }

    /// Its name: what a view that has applied it stands on.
    pub fn reference(&self) -> CommitRef {
        CommitRef { position: self.last(), command_id: self.command_id, recorded_at: self.recorded_at }
    }

    /// The events, each with its position.
    pub fn positioned(&self) -> impl Iterator<Item = (Position, &Event<E>)> {
        self.events.iter().enumerate().map(|(i, event)| (self.first.plus(i as i64), event))
    }

    /// The events that could not be decoded.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether the view has applied this commit before, but for the events shown now: they were parked. What the
    /// commit means as a whole has been written.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Hides the events that are not to be applied now; `late` if the rest of the commit was applied before.
    pub(crate) fn hide(&mut self, late: bool, hidden: impl Fn(Position, &Event<E>) -> bool) {
        let first = self.first;
        let mut gone = Vec::new();
        for (i, event) in self.events.iter_mut().enumerate() {
            let position = first.plus(i as i64);
            if hidden(position, event) {
                event.body = None;
                gone.push(position);
            }
        }
        self.faults.retain(|fault| !gone.contains(&fault.position));
        self.late = late;
    }
}

/// Decodes commits as the log gives them.
pub(crate) fn decode_all<E: Send + Sync + 'static>(
    commits: &[log::Commit],
    decoder: &dyn Decode<Event = E>,
) -> Vec<Commit<E>> {
    commits.iter().map(|commit| Commit::decode(commit, decoder)).collect()
}
