//! The rows that say where streams stand, and the chain of digests in the head, held against the fold while the log grows.
//!
//! Rows and the end of the log are read at one moment, and compared when the fold has read exactly up to there. So neither is ahead of
//! the other, however busy the log is: a row that is wrong is found, and one that is right never is. The streams of new commits come
//! first; all others follow in rounds, in the order of their ids.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use kernel::StreamId;
use log::{AskedStream, ReadError, RowsFrom, StreamRow, StreamRows};
use uuid::Uuid;

use super::{Follower, look_up::LookUps};
use crate::{
    findings::Rule,
    standings::{self, StateCheck, Wrong},
};

/// The shortest time between two readings.
const PAUSE: Duration = Duration::from_millis(100);
/// Streams of new commits that are remembered. More come together only while the auditor is behind: the round finds those.
const TOUCHED: usize = 20_000;
/// Rows of the round that are read at once, and the shortest time between two such readings.
const PAGE: i64 = 2_000;
const PAGE_PAUSE: Duration = Duration::from_millis(250);
/// The round waits while so many look-ups do.
const LOOK_UPS: usize = 2_000;

/// Rows that were read, until the fold is where they are.
struct Sample {
    rows: StreamRows,
    /// Where the newest commit of each stream begins that was asked for.
    touched: HashMap<Uuid, i64>,
    page: Option<RowsFrom>,
}

/// What is known of the rows.
#[derive(Default)]
pub struct Rows {
    /// The streams of commits that were read since rows were, and where the commit begins.
    touched: HashMap<Uuid, i64>,
    sample: Option<Sample>,
    read_at: Option<Instant>,
    /// The round: the next id, when the next page may be read, and when the last whole round ended.
    next: u128,
    page_due: Option<Instant>,
    ended: Option<DateTime<Utc>>,
    pub(super) look_ups: LookUps,
    /// States that could not be compared, in this round and in the last one.
    skipped: u64,
    skipped_before: u64,
    /// Rows that were compared and not yet reported.
    compared: u64,
}

impl Rows {
    /// A commit that begins there adds to a stream.
    pub fn touch(&mut self, stream: Uuid, first: i64) {
        if self.touched.len() < TOUCHED || self.touched.contains_key(&stream) {
            self.touched.insert(stream, first);
        }
    }

    /// Reads rows at the next opportunity: what is wrong is found together.
    pub fn hurry(&mut self) {
        self.read_at = None;
    }

    /// A state cannot be compared.
    pub fn skip(&mut self) {
        self.skipped += 1;
    }

    /// Whether there is something to be done at once: rows wait for the fold, or look-ups to be made.
    fn wait(&self) -> bool {
        self.sample.is_some() || self.look_ups.len() > 0
    }

    fn page(&self, rows_per_second: u32, now: Instant) -> Option<RowsFrom> {
        let waits = self.page_due.is_some_and(|due| due > now) || self.look_ups.len() > LOOK_UPS;
        let from = StreamId::new(Uuid::from_u128(self.next));
        (rows_per_second > 0 && !waits).then_some(RowsFrom { from, limit: PAGE })
    }

    fn end_round(&mut self, now: DateTime<Utc>) {
        self.ended = Some(now);
        self.skipped_before = std::mem::take(&mut self.skipped);
    }
}

impl Follower {
    /// Reads and compares rows if it is time, those of a round at so many per second; 0: no round. Whether there is more to be done at
    /// once.
    pub async fn check_rows(&mut self, rows_per_second: u32, now: DateTime<Utc>) -> Result<bool, ReadError> {
        self.look_up().await?;
        let began = Instant::now();
        let is_early = self.rows.read_at.is_some_and(|at| began < at + PAUSE);
        if self.rows.sample.is_some() || is_early {
            return Ok(self.rows.wait());
        }
        let mut asked: Vec<Uuid> = self.rows.touched.keys().copied().collect();
        asked.sort_unstable();
        let asked: Vec<StreamId> = asked.into_iter().map(StreamId::new).collect();
        let page = self.rows.page(rows_per_second, began);
        let rows = self.log.stream_rows(&asked, page).await?;
        self.rows.read_at = Some(began);
        if let Some(page) = page {
            let count = rows.page.len() as f64;
            let pause = Duration::from_secs_f64(count / f64::from(rows_per_second.max(1)));
            self.rows.page_due = Some(began + pause.max(PAGE_PAUSE));
            let whole = rows.page.len() as i64 == page.limit;
            let last = rows.page.last().filter(|_| whole).and_then(|row| row.stream.uuid().as_u128().checked_add(1));
            self.rows.next = last.unwrap_or_default();
            if last.is_none() {
                self.rows.end_round(now);
            }
        }
        let touched = std::mem::take(&mut self.rows.touched);
        self.rows.sample = Some(Sample { rows, touched, page });
        self.settle();
        Ok(self.rows.wait())
    }

    /// When the last whole round over the rows ended.
    pub fn swept(&self) -> Option<DateTime<Utc>> {
        self.rows.ended
    }

    /// States that could not be compared in the last whole round, or in this one if there are more already.
    pub fn skipped(&self) -> u64 {
        self.rows.skipped.max(self.rows.skipped_before)
    }

    /// Rows that were compared since the last call.
    pub fn take_compared(&mut self) -> u64 {
        std::mem::take(&mut self.rows.compared)
    }

    /// Compares the rows that were read, if the fold is where they are.
    pub(super) fn settle(&mut self) {
        let position = self.state.position();
        let Some(Sample { rows, touched, page }) = self.rows.sample.take_if(|s| s.rows.position <= position) else {
            return;
        };
        // Before where the fold is: the head went back, which is found where the log ends.
        if rows.position != position || self.state.log != Some(rows.log) {
            return;
        }
        self.check_chain(&rows.digest);
        for asked in &rows.asked {
            self.check_asked(asked, &touched);
        }
        for row in &rows.page {
            if self.check_row(row) {
                self.rows.skip();
            }
        }
        if let Some(page) = page {
            self.check_presence(&rows.page, page);
        }
    }

    fn check_chain(&mut self, said: &[u8]) {
        self.state.findings.checked(Rule::Chain);
        if said == self.state.chain {
            return;
        }
        let position = self.position();
        let what = format!(
            "the digests of all commits up to position {position} add up to {}, and the head says {}",
            hex::encode(self.state.chain),
            hex::encode(said)
        );
        // What follows is chained to what the head says, so that one break is found once.
        if let Ok(said) = said.try_into() {
            self.state.chain = said;
        }
        self.broken(position.number(), Rule::Chain, what);
    }

    fn check_asked(&mut self, asked: &AskedStream, touched: &HashMap<Uuid, i64>) {
        let id = asked.stream.uuid();
        if let Some(row) = &asked.row {
            self.check_row(row);
            return;
        }
        let Some(stream) = self.state.fold.streams.find(id) else { return };
        if stream.needs_row() {
            return self.hold(Rule::Standings, Some(standings::missing(id, &stream)));
        }
        // It is found by its command, and so is the answer to whoever repeats that command.
        let first = touched.get(&id).copied().unwrap_or_default();
        let wrong = (asked.command != Some(first)).then(|| {
            let said = asked.command.map_or_else(|| "nothing".to_owned(), |at| format!("the commit at {at}"));
            let what = format!("command {id} wrote the commit at {first}, and log_commands says {said}");
            Wrong { position: first, what }
        });
        self.hold(Rule::Commands, wrong);
    }

    /// Whether its state is of a schema that is not known here.
    fn check_row(&mut self, row: &StreamRow) -> bool {
        self.rows.compared += 1;
        let wrong = standings::check_place(row, &self.state.fold);
        let is_in_place = wrong.is_none();
        self.hold(Rule::Standings, wrong);
        let id = row.stream.uuid();
        let stream = self.state.fold.streams.find(id);
        if is_in_place && stream.is_some_and(|stream| stream.first == 0) {
            self.rows.look_ups.opening(id, row.first);
        }
        match standings::check_state(row, &self.state.fold) {
            StateCheck::Absent => {}
            StateCheck::Right => self.hold(Rule::States, None),
            StateCheck::Wrong(wrong) => self.hold(Rule::States, Some(wrong)),
            StateCheck::UnknownSchema => return true,
            StateCheck::Earlier { version, state } => {
                let (position, newest) = (stream.map_or(row.first, |stream| stream.first), row.version);
                let text = row.state.as_deref().unwrap_or_default();
                if self.rows.look_ups.state(id, (version, newest), state, (position, text)) {
                    self.hold(Rule::States, None);
                }
            }
        }
        false
    }

    /// Whether each stream of a page has the row that it needs.
    fn check_presence(&mut self, rows: &[StreamRow], page: RowsFrom) {
        let from = page.from.uuid().as_u128();
        let is_last = (rows.len() as i64) < page.limit;
        let to = rows.last().filter(|_| !is_last).map_or(u128::MAX, |row| row.stream.uuid().as_u128());
        let mut missing = self.state.fold.streams.with_row_between(from, to);
        for row in rows {
            missing.remove(&row.stream.uuid().as_u128());
        }
        for id in missing.into_iter().map(Uuid::from_u128) {
            let stream = self.state.fold.streams.find(id).unwrap_or_default();
            self.hold(Rule::Standings, Some(standings::missing(id, &stream)));
        }
    }

    /// Counts one thing that a rule is held against, and what is wrong with it.
    pub(super) fn hold(&mut self, rule: Rule, wrong: Option<Wrong>) {
        match wrong {
            None => self.state.findings.checked(rule),
            Some(Wrong { position, what }) => self.broken(position, rule, what),
        }
    }
}
