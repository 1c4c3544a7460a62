//! Versions and kinds of every stream, in the order of positions.

use std::collections::HashMap;

use events::recorded::{EventType, StreamKind};
use uuid::Uuid;

use crate::{
    assemble::Commit,
    findings::{Findings, Rule},
    id_set::IdSet,
    place::Place,
};

/// Kinds of which nearly every stream has one event. A stream of them is kept as its id alone until it has a second one.
const SHORT: [StreamKind; 3] = [StreamKind::Transfer, StreamKind::RefusedCommand, StreamKind::AccountNumber];

/// Where a stream is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stream {
    pub version: i64,
    /// As the first event says whose type is known.
    pub kind: Option<StreamKind>,
    /// Where the commit begins that holds the newest event; 0 where that is not kept.
    pub newest: i64,
}

/// All streams. It takes sixteen bytes for each transfer, refused command and account number, and some fifty for any other
/// stream.
#[derive(Debug, Default)]
pub struct Streams {
    long: HashMap<Uuid, Stream>,
    short: [IdSet; SHORT.len()],
    count: u64,
}

impl Streams {
    /// Checks where the events of a commit stand in their streams.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) {
        let places = commit.events.iter().map(|event| Place {
            position: event.position,
            stream: event.stream,
            version: event.version,
            event_type: Some(event.recorded.event_type()),
        });
        if commit.unreadable.is_empty() {
            return places.for_each(|place| self.place(place, commit.first, findings));
        }
        let mut all: Vec<Place> = places.chain(commit.unreadable.iter().copied()).collect();
        all.sort_by_key(|place| place.position);
        all.into_iter().for_each(|place| self.place(place, commit.first, findings));
    }

    /// How many streams there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The streams that are kept as their ids alone, sort by sort.
    pub fn short(&self) -> impl Iterator<Item = &IdSet> {
        self.short.iter()
    }

    /// The other streams: id, version, and the number of the kind.
    pub fn long(&self) -> impl Iterator<Item = (Uuid, i64, Option<usize>)> {
        let number = |kind: Option<StreamKind>| StreamKind::ALL.iter().position(|known| Some(*known) == kind);
        self.long.iter().map(move |(id, stream)| (*id, stream.version, number(stream.kind)))
    }

    /// What [`Self::short`] and [`Self::long`] gave, again; none if it is not that.
    pub fn restore(long: Vec<(Uuid, i64, Option<usize>)>, short: Vec<IdSet>, count: u64) -> Option<Self> {
        let mut streams = HashMap::with_capacity(long.len());
        for (id, version, kind) in long {
            let kind = match kind {
                Some(number) => Some(*StreamKind::ALL.get(number)?),
                None => None,
            };
            streams.insert(id, Stream { version, kind, newest: 0 });
        }
        Some(Self { long: streams, short: short.try_into().ok()?, count })
    }

    fn place(&mut self, place: Place, first: i64, findings: &mut Findings) {
        let before = self.find(place.stream);
        self.count += u64::from(before.is_none());
        let fresh = before.is_none();
        let mut stream = before.unwrap_or_default();
        check_version(&place, stream.version, findings);
        if let Some(known) = &place.event_type {
            let kind = *stream.kind.get_or_insert(known.kind);
            check_kind(&place, known, kind, findings);
        }
        (stream.version, stream.newest) = (place.version, first);
        let short = SHORT.iter().position(|kind| fresh && place.version == 1 && stream.kind == Some(*kind));
        match short {
            Some(kind) => {
                self.short[kind].insert(place.stream.as_u128());
            }
            None => {
                self.long.insert(place.stream, stream);
            }
        }
    }

    /// Where a stream is.
    pub fn find(&self, id: Uuid) -> Option<Stream> {
        self.long.get(&id).copied().or_else(|| {
            let kind = self.short.iter().position(|ids| ids.contains(id.as_u128()))?;
            Some(Stream { version: 1, kind: Some(SHORT[kind]), newest: 0 })
        })
    }
}

fn check_version(place: &Place, before: i64, findings: &mut Findings) {
    findings.require(Rule::Versions, place.version == before + 1, || {
        format!("stream {}: version {} follows {before} (position {})", place.stream, place.version, place.position)
    });
}

fn check_kind(place: &Place, known: &EventType, kind: StreamKind, findings: &mut Findings) {
    let Place { position, stream, version, .. } = place;
    findings.require(Rule::Kinds, known.kind == kind, || {
        format!(
            "stream {stream} of two kinds: it is of kind {kind}, but version {version} (position {position}, {}) is of kind {}",
            known.name, known.kind
        )
    });
    if known.opens_stream {
        findings.require(Rule::Openings, *version == 1, || {
            format!(
                "stream {stream}: {} at position {position} opens a stream, and stands at version {version}",
                known.name
            )
        });
    }
}
