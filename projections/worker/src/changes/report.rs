//! How far a rebuild is, and what came of it: as it is kept in the registry and answered.

use chrono::{DateTime, Utc};
use kernel::Position;
use projection_engine::{Change, Comparison, Difference, Outcome, Phase, Progress};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

/// A rebuild that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct RebuildStatus {
    /// The view.
    pub(crate) view: String,
    /// `pending` until a projector begins; `running`; `ended`.
    #[schema(value_type = String, pattern = "^(pending|running|ended)$")]
    pub(crate) state: &'static str,
    /// Who asked for it.
    pub(crate) requested_by: String,
    /// Why.
    pub(crate) reason: String,
    /// When.
    pub(crate) requested_at: DateTime<Utc>,
    /// Whether the new generation becomes live if it equals the live one.
    pub(crate) promote: bool,
    /// How far it is, as of the last second; null before it began.
    #[schema(required)]
    pub(crate) progress: Option<RebuildProgress>,
    /// When it ended; null while it has not.
    #[schema(required)]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// What came of it; null while it has not ended, and if it was given up.
    #[schema(required)]
    pub(crate) outcome: Option<RebuildOutcome>,
    /// Why it was given up; null if it was not.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

/// How far a rebuild is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RebuildProgress {
    /// The generation that is made; null before it has a number.
    #[schema(required, minimum = 1)]
    pub(crate) generation: Option<i32>,
    /// What is being done.
    #[schema(pattern = "^(planning|building|merging|indexing|tailing|comparing|ready|promoted|failed)$")]
    pub(crate) phase: String,
    /// How much of it is done: events while it is built and follows the log, else indexes or tables.
    #[schema(minimum = 0)]
    pub(crate) done: i64,
    /// How much there is.
    #[schema(minimum = 0)]
    pub(crate) total: i64,
    /// How much of it is done in a second; null while that is not known.
    #[schema(required, minimum = 0)]
    pub(crate) per_second: Option<i64>,
    /// In how many seconds the phase is over if it goes on like that; null while that is not known.
    #[schema(required, minimum = 0)]
    pub(crate) seconds_left: Option<i64>,
    /// What it waits for; null if it goes on.
    #[schema(required)]
    pub(crate) waits_for: Option<String>,
}

/// What came of a rebuild or a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RebuildOutcome {
    /// The generation.
    #[schema(minimum = 1)]
    pub(crate) generation: i32,
    /// How far it is.
    #[schema(value_type = i64, minimum = 0)]
    pub(crate) position: Position,
    /// `live`; `ready` to be promoted; `failed` if it differs from the live one.
    #[schema(pattern = "^(live|ready|failed)$")]
    pub(crate) state: String,
    /// What the comparison with the live generation found; null if there was none.
    #[schema(required)]
    pub(crate) comparison: Option<ComparisonReport>,
    /// The generation that a rollback would make live; null if there is none, or if nothing became live.
    #[schema(required)]
    pub(crate) rollback: Option<RollbackTo>,
}

/// A generation that a rollback would make live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RollbackTo {
    /// The generation.
    #[schema(minimum = 1)]
    pub(crate) generation: i32,
    /// Why it would be refused; null if it would not.
    #[schema(required)]
    pub(crate) refused: Option<String>,
}

/// What a comparison of two generations at one position found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ComparisonReport {
    /// The live generation.
    pub(crate) live: i32,
    /// The one that was held against it.
    pub(crate) new: i32,
    /// The position of both.
    #[schema(value_type = i64, minimum = 0)]
    pub(crate) position: Position,
    /// Whether nothing differs that was not expected to.
    pub(crate) equal: bool,
    /// How many rows differ that nobody expected.
    #[schema(minimum = 0)]
    pub(crate) unexpected: u64,
    /// Which differences these are: the rows and their columns, without what stands in them. A promotion names it.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub(crate) fingerprint: String,
    /// How many rows differ as a changed view says they do.
    #[schema(minimum = 0)]
    pub(crate) expected: u64,
    /// What could not be compared, and why that is no difference.
    pub(crate) remarks: Vec<String>,
    /// Table by table.
    pub(crate) tables: Vec<TableReport>,
    /// The first rows that differ unexpectedly.
    #[schema(max_items = 50)]
    pub(crate) differences: Vec<DifferenceReport>,
}

/// One table of two generations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct TableReport {
    /// The table.
    pub(crate) table: String,
    /// The rows of the live generation.
    #[schema(minimum = 0)]
    pub(crate) live_rows: i64,
    /// The rows of the new one.
    #[schema(minimum = 0)]
    pub(crate) new_rows: i64,
    /// What columns add up to.
    pub(crate) sums: Vec<ColumnDifference>,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DifferenceReport {
    /// The table.
    pub(crate) table: String,
    /// The key of the row; null if it is about a whole column or table.
    #[schema(required)]
    pub(crate) key: Option<String>,
    /// `missing`: only the live generation has the row; `extra`: only the new one; `changed`; `sum`: a column adds up to something else;
    /// `new` and `gone`: only one of them has the column, or without a column the table.
    #[schema(pattern = "^(missing|extra|changed|sum|new|gone)$")]
    pub(crate) what: String,
    /// The columns that differ.
    pub(crate) columns: Vec<ColumnDifference>,
}

/// What stands in a column of both generations, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ColumnDifference {
    /// The column, and for a sum of which rows.
    pub(crate) column: String,
    /// In the live generation.
    #[schema(required)]
    pub(crate) live: Option<String>,
    /// In the new one.
    #[schema(required)]
    pub(crate) new: Option<String>,
}

impl From<Outcome> for RebuildOutcome {
    fn from(outcome: Outcome) -> Self {
        Self {
            generation: outcome.generation,
            position: outcome.position,
            state: outcome.state.to_owned(),
            comparison: outcome.comparison.map(ComparisonReport::from),
            rollback: outcome.rollback.map(|to| RollbackTo { generation: to.generation, refused: to.refused }),
        }
    }
}

impl From<Comparison> for ComparisonReport {
    fn from(found: Comparison) -> Self {
        let equal = found.is_equal();
        let tables = found.tables.into_iter().map(|table| {
            let sum = |(column, live, new)| ColumnDifference { column, live: Some(live), new: Some(new) };
            TableReport {
                table: table.table,
                live_rows: table.live_rows,
                new_rows: table.new_rows,
                sums: table.sums.into_iter().map(sum).collect(),
            }
        });
        Self {
            live: found.live,
            new: found.new,
            position: found.position,
            equal,
            unexpected: found.unexpected,
            fingerprint: found.fingerprint.to_string(),
            expected: found.expected,
            remarks: found.remarks,
            tables: tables.collect(),
            differences: found.shown.into_iter().map(DifferenceReport::from).collect(),
        }
    }
}

impl From<Difference> for DifferenceReport {
    fn from(difference: Difference) -> Self {
        let Difference { table, key, change } = difference;
        let key = Some(key).filter(|key| !key.is_empty());
        let (what, columns) = match change {
            Change::Missing => ("missing", Vec::new()),
            Change::Extra => ("extra", Vec::new()),
            Change::Columns(columns) => {
                let changed = columns.into_iter().map(|(column, live, new)| ColumnDifference { column, live, new });
                ("changed", changed.collect())
            }
            Change::Sum { of, live, new } => {
                ("sum", vec![ColumnDifference { column: of, live: Some(live), new: Some(new) }])
            }
            Change::Shape { column, is } => {
                let columns = column.map(|column| ColumnDifference { column, live: None, new: None });
                (is.as_str(), columns.into_iter().collect())
            }
        };
        Self { table, key, what: what.to_owned(), columns }
    }
}

/// Measures how fast a rebuild is in its phase.
pub(crate) struct Meter {
    phase: Phase,
    since: Instant,
    done_before: i64,
}

/// Before so long nothing is said about the speed of a phase.
const FIRST: f64 = 0.2;

impl Meter {
    pub(crate) fn new() -> Self {
        Self { phase: Phase::Planning, since: Instant::now(), done_before: 0 }
    }

    /// How far it is now.
    pub(crate) fn read(&mut self, progress: Progress) -> RebuildProgress {
        let Progress { generation, phase, done, total } = progress;
        if phase != self.phase {
            *self = Self { phase, since: Instant::now(), done_before: done };
        }
        let took = self.since.elapsed().as_secs_f64();
        let gone = done - self.done_before;
        let rate = Some(gone as f64 / took).filter(|rate| took > FIRST && *rate > 0.0);
        RebuildProgress {
            generation: Some(generation).filter(|generation| *generation > 0),
            phase: phase.word().to_owned(),
            done: done.max(0),
            total: total.max(0),
            per_second: rate.map(|rate| rate.round() as i64),
            seconds_left: rate.map(|rate| ((total - done).max(0) as f64 / rate).ceil() as i64),
            waits_for: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_speed_is_that_of_the_phase() {
        let mut meter = Meter::new();
        let at = |phase, done| Progress { generation: 2, phase, done, total: 1_000 };
        assert_eq!(meter.read(at(Phase::Building, 100)).per_second, None, "it has just begun");
        tokio::time::advance(Duration::from_secs(2)).await;
        let seen = meter.read(at(Phase::Building, 500));
        assert_eq!((seen.per_second, seen.seconds_left, seen.generation), (Some(200), Some(3), Some(2)));
        let seen = meter.read(at(Phase::Tailing, 500));
        assert_eq!((seen.phase.as_str(), seen.per_second), ("tailing", None), "another phase, another speed");
        let none = meter.read(Progress::default());
        assert_eq!((none.phase.as_str(), none.generation), ("planning", None));
    }

    #[test]
    fn each_difference_says_what_it_is() {
        let report = |change, key: &str| {
            DifferenceReport::from(Difference { table: "entries".to_owned(), key: key.to_owned(), change })
        };
        let cell = || vec![("memo".to_owned(), Some("a".to_owned()), None)];
        let changed = report(Change::Columns(cell()), "a1");
        assert_eq!((changed.what.as_str(), changed.key.as_deref()), ("changed", Some("a1")));
        assert_eq!((changed.columns[0].live.as_deref(), changed.columns[0].new.as_deref()), (Some("a"), None));
        let sum = Change::Sum { of: "amount".to_owned(), live: "1".to_owned(), new: "2".to_owned() };
        let sum = report(sum, "");
        assert_eq!((sum.what.as_str(), sum.key, sum.columns.len()), ("sum", None, 1));
    }
}
