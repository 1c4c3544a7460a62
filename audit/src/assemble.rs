//! Puts events and commits together, and notes where they do not fit.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, Utc};
use events::recorded;
use uuid::Uuid;

use super::{
    findings::{Findings, Rule},
    piece::{CommitRow, EventRow, Piece},
    place::Place,
    source::HeadRow,
};

/// An event that could be read.
#[derive(Clone, Debug)]
pub struct Event {
    pub position: i64,
    pub stream: Uuid,
    pub version: i64,
    pub recorded: recorded::Event,
}

/// The events of one commit; in a damaged log those that are left of it, or events that belong to none.
#[derive(Debug)]
pub struct Commit {
    /// Where it begins; 0 if it is not known.
    pub first: i64,
    /// The position of its last event.
    pub last: i64,
    /// The command that wrote it; nil if it is not known.
    pub command: Uuid,
    pub recorded_at: DateTime<Utc>,
    /// The member or partner who asked for it, if it was one.
    pub member: Option<Uuid>,
    /// The service or partner that asked for it, if it was one.
    pub service: Option<Uuid>,
    /// The partner that asked for it, if it was one.
    pub partner: Option<Uuid>,
    /// The operator who asked for it, if it was one.
    pub operator: Option<Uuid>,
    pub events: Vec<Event>,
    /// Where the events stand that could not be read.
    pub unreadable: Vec<Place>,
}

impl Commit {
    /// The commit without the events at these positions; none if it holds none of them.
    pub fn without(&self, positions: &BTreeSet<i64>) -> Option<Self> {
        let waits = |event: &&Event| positions.contains(&event.position);
        self.events.iter().find(waits)?;
        let events = self.events.iter().filter(|event| !waits(event)).cloned().collect();
        let Self { first, last, command, recorded_at, member, service, partner, operator, .. } = *self;
        let unreadable = Vec::new();
        Some(Self { first, last, command, recorded_at, member, service, partner, operator, events, unreadable })
    }
}

/// A commit that is being put together.
struct Open {
    row: Option<CommitRow>,
    seen: i64,
    commit: Commit,
}

/// Puts the log together, oldest first.
pub struct Assembler {
    waiting: VecDeque<CommitRow>,
    open: Option<Open>,
    position: i64,
    recorded_at: DateTime<Utc>,
    pub events: u64,
    pub commits: u64,
}

impl Assembler {
    pub fn new() -> Self {
        let recorded_at = DateTime::<Utc>::MIN_UTC;
        Self { waiting: VecDeque::new(), open: None, position: 0, recorded_at, events: 0, commits: 0 }
    }

    /// Takes a piece of the log and gives back the commits that are complete.
    pub fn take(&mut self, piece: Piece, findings: &mut Findings) -> Vec<Commit> {
        self.waiting.extend(piece.commits);
        let mut done = Vec::new();
        for event in piece.events {
            self.place(event, findings, &mut done);
        }
        done
    }

    /// Ends the log: what is open is closed, what is left over is noted, and the head is held against it.
    pub fn finish(&mut self, head: &HeadRow, findings: &mut Findings) -> Vec<Commit> {
        let mut done = Vec::new();
        self.close(findings, &mut done);
        while let Some(row) = self.waiting.pop_front() {
            self.commits += 1;
            findings.require(Rule::Commits, false, || format!("commit {}..{} has no events", row.first, row.last));
        }
        findings.require(Rule::Head, head.position == self.position, || {
            format!("log_head is at {}, the last event at {}", head.position, self.position)
        });
        findings.require(Rule::Head, head.recorded_at >= self.recorded_at, || {
            format!("the clock of log_head, {}, is behind the last commit's, {}", head.recorded_at, self.recorded_at)
        });
        done
    }

    fn place(&mut self, event: EventRow, findings: &mut Findings, done: &mut Vec<Commit>) {
        self.events += 1;
        let (position, expected) = (event.position, self.position + 1);
        findings.require(Rule::Positions, position == expected, || match position - expected {
            1.. => format!("positions {expected}..{} are missing", position - 1),
            _ => format!("position {position} comes after {}", expected - 1),
        });
        self.position = position;
        self.open_for(position, findings, done);
        let Some(open) = &mut self.open else { return };
        open.seen += 1;
        open.commit.last = position;
        findings.checked(Rule::Decoding);
        match event.event {
            Ok(recorded) => {
                open.commit.events.push(Event { position, stream: event.stream, version: event.version, recorded });
            }
            Err(error) => {
                let EventRow { stream, version, event_type, .. } = event;
                open.commit.unreadable.push(Place { position, stream, version, event_type });
                findings.found(Rule::Decoding, || unreadable(position, &error));
            }
        }
    }

    /// Makes sure that the open commit is the one that `position` belongs to.
    fn open_for(&mut self, position: i64, findings: &mut Findings, done: &mut Vec<Commit>) {
        while self.waiting.front().is_some_and(|row| row.first < position) {
            let row = self.waiting.pop_front();
            // Its first event is missing; what is left of it is still put together.
            self.begin(row, findings, done);
        }
        if self.waiting.front().is_some_and(|row| row.first == position) {
            let row = self.waiting.pop_front();
            return self.begin(row, findings, done);
        }
        let covered = self.open.as_ref().is_some_and(|open| match &open.row {
            Some(row) => position <= row.last,
            None => true,
        });
        if !covered {
            self.begin(None, findings, done);
        }
        if self.open.as_ref().is_some_and(|open| open.row.is_none()) {
            findings.found(Rule::Commits, || format!("the event at position {position} belongs to no commit"));
        }
    }

    fn begin(&mut self, row: Option<CommitRow>, findings: &mut Findings, done: &mut Vec<Commit>) {
        self.close(findings, done);
        let recorded_at = row.as_ref().map_or(self.recorded_at, |row| row.recorded_at);
        if let Some(row) = &row {
            self.commits += 1;
            findings.require(Rule::Clock, recorded_at >= self.recorded_at, || {
                format!(
                    "commit {}..{} was recorded at {recorded_at}, after one at {}",
                    row.first, row.last, self.recorded_at
                )
            });
            self.recorded_at = recorded_at;
        }
        let (member, service) = row.as_ref().map_or((None, None), |row| (row.member, row.service));
        let (partner, operator) = row.as_ref().map_or((None, None), |row| (row.partner, row.operator));
        let first = row.as_ref().map_or(0, |row| row.first);
        let command = row.as_ref().map_or(Uuid::nil(), |row| row.command);
        let (events, unreadable) = (Vec::new(), Vec::new());
        let last = 0;
        let commit =
            Commit { first, last, command, recorded_at, member, service, partner, operator, events, unreadable };
        self.open = Some(Open { row, seen: 0, commit });
    }

    fn close(&mut self, findings: &mut Findings, done: &mut Vec<Commit>) {
        let Some(open) = self.open.take() else { return };
        if let Some(row) = &open.row {
            let whole = open.seen == row.last - row.first + 1;
            findings.require(Rule::Commits, whole, || {
                format!("commit {}..{} holds {} events", row.first, row.last, open.seen)
            });
        }
        if open.seen > 0 {
            done.push(open.commit);
        }
    }
}

/// Why an event cannot be read.
pub fn unreadable(position: i64, error: &recorded::DecodeError) -> String {
    let cause = std::error::Error::source(error).map(|c| format!(": {c}")).unwrap_or_default();
    format!("position {position}: {error}{cause}")
}
