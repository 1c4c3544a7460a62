//! A rebuild of a view, as the projector tells it: how far it is, and what the comparison with the live generation found.

use serde::Deserialize;

use crate::{
    format::{Moment, count, duration},
    page::Page,
};

#[derive(Deserialize)]
pub(super) struct Rebuild {
    state: String,
    requested_by: String,
    reason: String,
    requested_at: String,
    progress: Option<Progress>,
    ended_at: Option<String>,
    outcome: Option<Outcome>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Progress {
    generation: Option<i64>,
    phase: String,
    done: i64,
    total: i64,
    per_second: Option<i64>,
    seconds_left: Option<i64>,
    waits_for: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    generation: i64,
    state: String,
    comparison: Option<Comparison>,
}

#[derive(Deserialize)]
struct Comparison {
    equal: bool,
    unexpected: i64,
    /// Which differences these are; an earlier projector does not say it.
    #[serde(default)]
    fingerprint: String,
    expected: i64,
    remarks: Vec<String>,
    tables: Vec<Table>,
    differences: Vec<Difference>,
}

#[derive(Deserialize)]
struct Table {
    table: String,
    live_rows: i64,
    new_rows: i64,
}

#[derive(Deserialize)]
struct Difference {
    table: String,
    key: Option<String>,
    what: String,
    columns: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    column: String,
    live: Option<String>,
    new: Option<String>,
}

/// What a page shows of it.
pub(super) struct RebuildShown {
    pub(super) state: String,
    pub(super) tone: String,
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) requested: Moment,
    pub(super) ended: Option<Moment>,
    pub(super) error: Option<String>,
    pub(super) is_running: bool,
    /// Whether it made a generation that differs and can be promoted all the same.
    pub(super) is_differing: bool,
    pub(super) generation: String,
    pub(super) phase: String,
    pub(super) done: i64,
    pub(super) total: i64,
    pub(super) events: String,
    pub(super) speed: String,
    pub(super) eta: String,
    pub(super) waits_for: Option<String>,
    pub(super) found: Option<Found>,
}

/// What the comparison found.
pub(super) struct Found {
    pub(super) is_equal: bool,
    pub(super) unexpected: String,
    pub(super) expected: String,
    pub(super) remarks: Vec<String>,
    pub(super) tables: Vec<TableRow>,
    pub(super) differences: Vec<DifferenceRow>,
}

pub(super) struct TableRow {
    pub(super) table: String,
    pub(super) live: String,
    pub(super) new: String,
    pub(super) is_same: bool,
}

/// A row that differs: one line for each of its columns.
pub(super) struct DifferenceRow {
    pub(super) table: String,
    pub(super) key: String,
    pub(super) what: String,
    pub(super) columns: Vec<ColumnRow>,
}

pub(super) struct ColumnRow {
    pub(super) column: String,
    pub(super) live: String,
    pub(super) new: String,
}

/// A generation that differs, and which differences were looked at.
pub(super) struct Differing {
    pub(super) generation: String,
    pub(super) fingerprint: String,
}

impl Rebuild {
    /// The generation that it made, if it differs from the live one and can be promoted all the same.
    pub(super) fn differing(&self) -> Option<Differing> {
        let outcome = self.outcome.as_ref().filter(|outcome| outcome.state == "failed")?;
        let fingerprint = outcome.comparison.as_ref().map(|found| found.fingerprint.clone())?;
        let generation = outcome.generation.to_string();
        (!fingerprint.is_empty()).then_some(Differing { generation, fingerprint })
    }
}

impl RebuildShown {
    pub(super) fn of(page: &Page, rebuild: Rebuild) -> Self {
        let is_differing = rebuild.differing().is_some();
        let Rebuild { state, requested_by, reason, requested_at, progress, ended_at, outcome, error } = rebuild;
        let is_running = state != "ended";
        let made = outcome.as_ref().map(|outcome| outcome.generation);
        let generation = progress.as_ref().and_then(|progress| progress.generation).or(made);
        // What came of it says more than that it is over.
        let word = outcome.as_ref().map_or(state, |outcome| outcome.state.clone());
        let (phase, done, total) = progress.as_ref().map_or_else(Default::default, |progress| {
            (page.word("generation", &progress.phase), progress.done, progress.total)
        });
        let speed = progress.as_ref().and_then(|progress| progress.per_second);
        let left = progress.as_ref().and_then(|progress| progress.seconds_left).filter(|_| is_running);
        Self {
            state: page.word("rebuild", &word),
            tone: word,
            by: requested_by,
            reason,
            requested: page.format.time(&requested_at),
            ended: ended_at.map(|text| page.format.time(&text)),
            error,
            is_running,
            is_differing,
            generation: generation.map(count).unwrap_or_default(),
            phase,
            done,
            total: total.max(1),
            events: format!("{} / {}", count(done), count(total)),
            speed: speed.map(count).unwrap_or_default(),
            eta: left.map(|seconds| duration(seconds.saturating_mul(1000))).unwrap_or_default(),
            waits_for: progress.and_then(|progress| progress.waits_for),
            found: outcome.and_then(|outcome| outcome.comparison).map(|found| found_in(page, found)),
        }
    }
}

fn found_in(page: &Page, found: Comparison) -> Found {
    let table = |table: Table| TableRow {
        table: table.table,
        is_same: table.live_rows == table.new_rows,
        live: count(table.live_rows),
        new: count(table.new_rows),
    };
    let column = |column: Column| ColumnRow {
        column: column.column,
        live: column.live.unwrap_or_default(),
        new: column.new.unwrap_or_default(),
    };
    let difference = |difference: Difference| DifferenceRow {
        table: difference.table,
        key: difference.key.unwrap_or_default(),
        what: page.word("difference", &difference.what),
        columns: difference.columns.into_iter().map(column).collect(),
    };
    Found {
        is_equal: found.equal,
        unexpected: count(found.unexpected),
        expected: count(found.expected),
        remarks: found.remarks,
        tables: found.tables.into_iter().map(table).collect(),
        differences: found.differences.into_iter().map(difference).collect(),
    }
}
