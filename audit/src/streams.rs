//! Versions and kinds of every stream, in the order of positions, and where each stands.

use std::collections::{BTreeSet, HashMap};

use events::recorded::{EventType, StreamKind};
use uuid::Uuid;

use crate::{
    assemble::Commit,
    findings::{Findings, Rule},
    id_map::{IdMap, IdSet},
    place::Place,
};

/// Kinds of which nearly every stream has one event. A stream of them is kept as its id, and where it is, until it has a second one.
const SHORT: [StreamKind; 5] = [
    StreamKind::Transfer,
    StreamKind::RefusedCommand,
    StreamKind::AccountNumber,
    StreamKind::Reference,
    StreamKind::KeyUse,
];

/// Where a stream is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stream {
    pub version: i64,
    /// Where the commit begins that opened it; 0 where that is not kept.
    pub first: i64,
    /// Where the commit begins that holds the newest event; 0 where that is not kept.
    pub newest: i64,
    /// As the first event says whose type is known.
    pub kind: Option<StreamKind>,
    /// Whether it has the id of the command that opened it: the log keeps a row for it with its second event.
    pub is_of_command: bool,
}

impl Stream {
    /// Whether the log has to have a row that says where it stands.
    pub fn needs_row(&self) -> bool {
        self.version > 1 || !self.is_of_command
    }
}

/// All streams. It takes sixteen bytes for each transfer and refused command that has the id of its command, twenty-four for others, for
/// each account number, each unique reference and each use of a partner's key, and some eighty for any other stream.
#[derive(Debug, Default)]
pub struct Streams {
    long: HashMap<Uuid, Stream>,
    /// Of a command, kind by kind.
    short: [IdSet; SHORT.len()],
    /// With a row of their own, kind by kind: where the commit begins that opened them.
    placed: [IdMap<i64>; SHORT.len()],
    /// Those of `long` that need a row, in the order of ids.
    with_row: IdSet,
    count: u64,
}

/// The parts of [`Streams`], to be kept in a file.
pub struct Parts {
    /// Id, version, first and newest commit, number of the kind, and whether it is of a command.
    pub long: Vec<(Uuid, i64, i64, i64, Option<usize>, bool)>,
    pub short: Vec<IdSet>,
    pub placed: Vec<IdMap<i64>>,
    pub count: u64,
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
            return places.for_each(|place| self.place(place, commit, findings));
        }
        let mut all: Vec<Place> = places.chain(commit.unreadable.iter().copied()).collect();
        all.sort_by_key(|place| place.position);
        all.into_iter().for_each(|place| self.place(place, commit, findings));
    }

    /// How many streams there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of them need a row.
    pub fn rows(&self) -> u64 {
        let went_on = |ids: &IdMap<i64>| ids.iter().filter(|(id, _)| self.with_row.contains(*id)).count();
        let placed: usize = self.placed.iter().map(|ids| ids.len() - went_on(ids)).sum();
        (self.with_row.len() + placed) as u64
    }

    /// The ids of those that need a row, from one id to another, both included.
    pub fn with_row_between(&self, from: u128, to: u128) -> BTreeSet<u128> {
        let mut found = BTreeSet::new();
        self.with_row.between(from, to, &mut found);
        self.placed.iter().for_each(|ids| ids.between(from, to, &mut found));
        found
    }

    /// The sets of ids, to be written one by one.
    pub fn short(&self) -> impl Iterator<Item = &IdSet> {
        self.short.iter()
    }

    /// The ids with a row of their own, to be written one by one.
    pub fn placed(&self) -> impl Iterator<Item = &IdMap<i64>> {
        self.placed.iter()
    }

    /// The other streams, as [`Parts`] has them.
    pub fn long(&self) -> impl Iterator<Item = (Uuid, i64, i64, i64, Option<usize>, bool)> {
        let number = |kind: Option<StreamKind>| StreamKind::ALL.iter().position(|known| Some(*known) == kind);
        self.long.iter().map(move |(id, s)| (*id, s.version, s.first, s.newest, number(s.kind), s.is_of_command))
    }

    /// What was taken apart, again; none if it is not that.
    pub fn restore(parts: Parts) -> Option<Self> {
        let mut long = HashMap::with_capacity(parts.long.len());
        for (id, version, first, newest, kind, is_of_command) in parts.long {
            let kind = match kind {
                Some(number) => Some(*StreamKind::ALL.get(number)?),
                None => None,
            };
            long.insert(id, Stream { version, first, newest, kind, is_of_command });
        }
        let rows = long.iter().filter(|(_, stream)| stream.needs_row());
        let with_row = rows.map(|(id, _)| (id.as_u128(), ())).collect();
        let (short, placed) = (parts.short.try_into().ok()?, parts.placed.try_into().ok()?);
        Some(Self { long, short, placed, with_row, count: parts.count })
    }

    /// What the log itself does not say of a stream whose first event was not kept: where the commit begins that opened it.
    pub fn opened_at(&mut self, id: Uuid, first: i64) {
        if let Some(stream) = self.long.get_mut(&id).filter(|stream| stream.first == 0) {
            stream.first = first;
        }
    }

    fn place(&mut self, place: Place, commit: &Commit, findings: &mut Findings) {
        let before = self.find(place.stream);
        let fresh = before.is_none();
        self.count += u64::from(fresh);
        let mut stream = before.unwrap_or_else(|| Stream {
            first: commit.first,
            is_of_command: place.stream == commit.command,
            ..Stream::default()
        });
        check_version(&place, stream.version, findings);
        if let Some(known) = &place.event_type {
            let kind = *stream.kind.get_or_insert(known.kind);
            check_kind(&place, known, kind, findings);
        }
        (stream.version, stream.newest) = (place.version, commit.first);
        let id = place.stream.as_u128();
        match SHORT.iter().position(|kind| fresh && place.version == 1 && stream.kind == Some(*kind)) {
            Some(kind) if stream.is_of_command => drop(self.short[kind].insert(id)),
            Some(kind) => drop(self.placed[kind].add(id, commit.first)),
            None => {
                let before = self.long.insert(place.stream, stream);
                if stream.needs_row() && !before.is_some_and(|before| before.needs_row()) {
                    self.with_row.insert(id);
                }
            }
        }
    }

    /// Where a stream is.
    pub fn find(&self, id: Uuid) -> Option<Stream> {
        if let Some(stream) = self.long.get(&id) {
            return Some(*stream);
        }
        let id = id.as_u128();
        let opened = |kind: StreamKind, first: i64, is_of_command: bool| Stream {
            version: 1,
            first,
            newest: first,
            kind: Some(kind),
            is_of_command,
        };
        let placed = || SHORT.iter().zip(&self.placed).find_map(|(kind, ids)| Some(opened(*kind, ids.get(id)?, false)));
        let short =
            || SHORT.iter().zip(&self.short).find_map(|(kind, ids)| ids.get(id).map(|()| opened(*kind, 0, true)));
        placed().or_else(short)
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
