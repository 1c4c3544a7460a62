//! What an append does to each stream that it adds to, and what stands in its events.

use std::collections::HashMap;

use kernel::{CommandId, MemberId, Position, StreamId, Version};
use log::{AppendError, HeldStream, NewCommit, NewEvent, Snapshot};
use uuid::Uuid;

use crate::encode::{EventsEncoder, PreviousVersion};

/// What is known of streams before the append.
pub(crate) type Held<'a> = HashMap<StreamId, Before<'a>>;

/// What is known of one.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    pub newest: Position,
    pub has_row: bool,
    pub state: Option<&'a Snapshot>,
}

impl<'a> From<&'a HeldStream> for Before<'a> {
    fn from(held: &'a HeldStream) -> Self {
        Self { newest: held.newest, has_row: held.has_row, state: held.state.as_ref() }
    }
}

/// What happens to a stream. Positions count from the first of the append, which is 1.
pub(crate) struct Change<'a> {
    pub stream: StreamId,
    pub before: Version,
    pub after: Version,
    pub kind: &'static str,
    pub owner: Option<MemberId>,
    /// The commit that opens it, or that adds to it first.
    pub opened: i64,
    /// The commit that adds to it last.
    pub newest: i64,
    /// Whether it has the id of the command that opens it.
    is_of_command: bool,
    held: Option<Before<'a>>,
}

/// How it is written.
pub(crate) enum Writing {
    /// There is no row for it.
    None,
    /// Its row is changed, if its newest commit is this one.
    Continue(Position),
    /// It gets a row. It has none so far though it is there, if it stands at this position.
    Make(Option<Position>),
}

impl<'a> Change<'a> {
    pub fn writing(&self) -> Writing {
        match self.held {
            Some(held) if self.before > Version::ZERO => match held.has_row {
                true => Writing::Continue(held.newest),
                false => Writing::Make(Some(held.newest)),
            },
            _ if self.is_of_command && self.after == Version::ZERO.next() => Writing::None,
            _ => Writing::Make(None),
        }
    }

    /// Its state after the append, if it is to be kept.
    pub fn state(&self) -> Option<&'a Snapshot> {
        self.held?.state.filter(|state| state.version == self.after)
    }
}

/// A commit with the text of its events.
pub(crate) struct Encoded<'a> {
    pub commit: &'a NewCommit,
    pub first: i64,
    pub last: i64,
    pub events: String,
}

/// What an append comes to.
pub(crate) struct Plan<'a> {
    pub commits: Vec<Encoded<'a>>,
    pub changes: Vec<Change<'a>>,
}

/// Why there is no plan.
pub(crate) enum Unplanned {
    /// These streams are to be looked up first.
    Missing(Vec<Uuid>),
    Refused(AppendError),
}

fn refused(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Unplanned {
    Unplanned::Refused(AppendError::Refused(why.into()))
}

impl<'a> Plan<'a> {
    pub fn of(commits: &'a [NewCommit], held: &Held<'a>) -> Result<Self, Unplanned> {
        if commits.is_empty() || commits.iter().any(|c| c.events.is_empty()) {
            return Err(refused("a commit needs an event, and an append a commit"));
        }
        let events: usize = commits.iter().map(|commit| commit.events.len()).sum();
        let mut streams = Streams {
            held,
            places: HashMap::with_capacity(events),
            changes: Vec::with_capacity(events),
            missing: vec![],
        };
        let (mut encoded, mut first) = (Vec::with_capacity(commits.len()), 1);
        for commit in commits {
            let mut text = EventsEncoder::new();
            for event in &commit.events {
                let previous = streams.add(event, commit.command_id, first)?;
                text.push(
                    event.stream,
                    (event.version, previous),
                    (event.event_type, event.schema_version),
                    &event.payload,
                )
                .map_err(refused)?;
            }
            let next = first + commit.events.len() as i64;
            encoded.push(Encoded { commit, first, last: next - 1, events: text.finish() });
            first = next;
        }
        match streams.missing.is_empty() {
            true => Ok(Self { commits: encoded, changes: streams.changes }),
            false => Err(Unplanned::Missing(streams.missing)),
        }
    }
}

struct Streams<'a, 'h> {
    held: &'h Held<'a>,
    /// Where the change of a stream stands.
    places: HashMap<StreamId, usize>,
    changes: Vec<Change<'a>>,
    missing: Vec<Uuid>,
}

impl Streams<'_, '_> {
    /// Adds an event of the commit that begins at `first`, and says where the version before it stands.
    fn add(&mut self, event: &NewEvent, command: CommandId, first: i64) -> Result<PreviousVersion, Unplanned> {
        if event.version <= Version::ZERO {
            return Err(refused("a version is 1 or more"));
        }
        if event.opens_stream && event.version != Version::ZERO.next() {
            return Err(refused(format!(
                "a stream is not opened twice: {} at version {}",
                event.event_type, event.version
            )));
        }
        match self.places.get(&event.stream) {
            Some(place) => self.changes[*place].go_on(event, first),
            None => Ok(self.begin(event, command, first)),
        }
    }

    fn begin(&mut self, event: &NewEvent, command: CommandId, first: i64) -> PreviousVersion {
        let before = Version::new(event.version.number() - 1);
        let held = self.held.get(&event.stream).copied();
        let newest = held.map_or(Position::ZERO, |held| held.newest);
        if before > Version::ZERO && newest == Position::ZERO {
            self.missing.push(event.stream.uuid());
        }
        self.places.insert(event.stream, self.changes.len());
        self.changes.push(Change {
            stream: event.stream,
            before,
            after: event.version,
            kind: event.kind,
            owner: event.owner,
            opened: first,
            newest: first,
            is_of_command: event.opens_stream_of(command),
            held,
        });
        if before == Version::ZERO { PreviousVersion::Here } else { PreviousVersion::At(newest) }
    }
}

impl Change<'_> {
    fn go_on(&mut self, event: &NewEvent, first: i64) -> Result<PreviousVersion, Unplanned> {
        if event.version <= self.after {
            return Err(Unplanned::Refused(AppendError::Conflict));
        }
        if event.version != self.after.next() {
            return Err(refused("the versions of a stream follow one another"));
        }
        if event.kind != self.kind {
            return Err(refused(format!("the stream of a {} is continued as one of a {}", self.kind, event.kind)));
        }
        let distance = first - self.newest;
        (self.after, self.newest) = (event.version, first);
        Ok(if distance == 0 { PreviousVersion::Here } else { PreviousVersion::Back(distance) })
    }
}
