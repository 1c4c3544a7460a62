//! What a run of commits does to payout runs, each once, and the rows and results that it adds.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, PayoutChunkAdded, PayoutResult, PayoutRow, PayoutRowsEvent, PayoutRowsPaid, PayoutRunEvent, PayoutRunOpened,
};
use kernel::{PayoutRunId, Position, StreamId};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// Whether events of this type change something here.
pub(super) fn is_used(event_type: &str) -> bool {
    PayoutRunEvent::NAMES.contains(&event_type) || PayoutRowsEvent::NAMES.contains(&event_type)
}

/// How payout runs came out of the commits, and what was added to them.
#[derive(Debug, Default)]
pub(super) struct Changes<'c> {
    pub(super) runs: BTreeMap<PayoutRunId, Change<'c>>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) rows: Vec<(StreamId, &'c PayoutRow)>,
    pub(super) results: Vec<Paid<'c>>,
}

/// How a run came out of them.
#[derive(Debug)]
pub(super) struct Change<'c> {
    /// How it began, if these commits hold that.
    pub(super) opened: Option<(&'c PayoutRunOpened, Position)>,
    /// None: it is what it was.
    pub(super) status: Option<&'static str>,
    /// The newest chunk, which says what the run adds up to.
    pub(super) added: Option<&'c PayoutChunkAdded>,
    /// What was paid last, which says what all of it comes to.
    pub(super) paid: Option<&'c PayoutRowsPaid>,
    pub(super) paying: Option<Paying>,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

/// From when on it pays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paying {
    pub(super) since: DateTime<Utc>,
    /// How many rows were paid or refused before; none: as many as before these commits.
    pub(super) done_before: Option<i64>,
}

/// A chunk of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) run: PayoutRunId,
    pub(super) chunk: u32,
    pub(super) last_row: u32,
    pub(super) position: Position,
}

/// A row that was paid or refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paid<'c> {
    pub(super) run: PayoutRunId,
    pub(super) result: &'c PayoutResult,
    pub(super) position: Position,
}

/// How many rows were paid or refused.
pub(super) fn done(paid: &PayoutRowsPaid) -> i64 {
    i64::from(paid.posted) + i64::from(paid.refused)
}

pub(super) fn fold<'c>(commits: &[&'c Commit<Event>]) -> Result<Changes<'c>, Fault> {
    let mut changes = Changes::default();
    for commit in commits {
        for (position, event) in commit.positioned() {
            match &event.body {
                Some(body @ Event::PayoutRun(of_run)) => {
                    let run = PayoutRunId::new(event.stream.uuid());
                    changes.event(commit, position, run, of_run, body)?;
                }
                Some(Event::PayoutRows(PayoutRowsEvent::Added(added))) => {
                    changes.rows.extend(added.rows.iter().map(|row| (event.stream, row)));
                }
                _ => {}
            }
        }
    }
    Ok(changes)
}

impl<'c> Changes<'c> {
    fn event(
        &mut self,
        commit: &'c Commit<Event>,
        position: Position,
        run: PayoutRunId,
        event: &'c PayoutRunEvent,
        body: &Event,
    ) -> Result<(), Fault> {
        if matches!(event, PayoutRunEvent::Opened(_)) && self.runs.contains_key(&run) {
            return Err(fault(position, body, "the run has events before it was opened"));
        }
        let change = self.runs.entry(run).or_insert_with(|| Change::none(commit));
        if change.is_over() {
            return Err(fault(position, body, "the run is over"));
        }
        (change.position, change.recorded_at) = (commit.last(), commit.recorded_at);
        match event {
            PayoutRunEvent::Opened(opened) => change.opened = Some((opened, position)),
            PayoutRunEvent::ChunkAdded(added) => {
                change.added = Some(added);
                let PayoutChunkAdded { chunk, last_row, .. } = *added;
                self.chunks.push(Chunk { run, chunk, last_row, position });
            }
            PayoutRunEvent::Started(_) | PayoutRunEvent::Resumed(_) => {
                change.status = Some("running");
                // What was opened here, and paid nothing, had nothing paid before.
                let nothing = change.opened.map(|_| 0);
                let done_before = change.paid.map(done).or(nothing);
                change.paying = Some(Paying { since: commit.recorded_at, done_before });
            }
            PayoutRunEvent::RowsPaid(paid) => {
                (change.status, change.paid) = (Some("running"), Some(paid));
                self.results.extend(paid.results.iter().map(|result| Paid { run, result, position }));
            }
            PayoutRunEvent::Paused(_) => change.status = Some("paused"),
            PayoutRunEvent::Cancelled(_) => change.status = Some("cancelled"),
        }
        Ok(())
    }
}

impl Change<'_> {
    fn none(commit: &Commit<Event>) -> Self {
        let (position, recorded_at) = (commit.last(), commit.recorded_at);
        Self { opened: None, status: None, added: None, paid: None, paying: None, position, recorded_at }
    }

    /// Whether these commits show that it ended; where its rows were added earlier, the table shows it.
    fn is_over(&self) -> bool {
        let is_done = |(paid, added): (&PayoutRowsPaid, &PayoutChunkAdded)| done(paid) == i64::from(added.rows);
        self.status == Some("cancelled") || self.paid.zip(self.added).is_some_and(is_done)
    }
}
