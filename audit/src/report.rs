//! What an audit found.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::findings::Check;

/// Everything that was checked and found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether nothing was found. That events of parked keys wait is no finding.
    pub sound: bool,
    /// How many keys are parked, in all views.
    pub parked_keys: u64,
    pub log: LogReport,
    pub checks: Vec<Check>,
    pub views: Vec<ViewReport>,
}

/// How much of the log was read.
#[derive(Debug, Serialize)]
pub struct LogReport {
    pub log_id: Uuid,
    pub head: i64,
    pub recorded_at: DateTime<Utc>,
    pub events: u64,
    pub commits: u64,
    pub streams: u64,
    pub accounts: u64,
    /// Over every commit and event, byte for byte, in order.
    pub digest: String,
    /// What all members hold together, and what stands against it.
    pub sums: Vec<SumReport>,
    pub seconds: f64,
}

/// One asset.
#[derive(Debug, Serialize)]
pub struct SumReport {
    pub asset: String,
    pub members: String,
    pub system: String,
    pub sum: String,
}

/// One live view held against the log.
#[derive(Debug, Serialize)]
pub struct ViewReport {
    pub view: &'static str,
    pub generation: Option<i32>,
    pub position: Option<i64>,
    /// The keys that an operator took aside: their rows are behind until they are lifted.
    pub parked_keys: Vec<String>,
    /// What is wrong with the view as a whole.
    pub problems: Vec<String>,
    pub tables: Vec<TableReport>,
}

/// One table of a view.
#[derive(Debug, Serialize)]
pub struct TableReport {
    pub table: &'static str,
    pub rows_in_view: u64,
    pub rows_from_log: u64,
    pub digest_of_view: String,
    pub digest_of_log: String,
    /// How many rows differ; at least so many, if `differences_are_all` is false.
    pub differing: u64,
    pub differences_are_all: bool,
    /// The first of them.
    pub differences: Vec<String>,
    /// How many rows are not as the whole log says, because events of parked keys wait; at least so many, if
    /// `parked_are_all` is false. A row that is not what the log says without these events is among those that differ.
    pub parked: u64,
    pub parked_are_all: bool,
    /// The first of them.
    pub parked_rows: Vec<String>,
    /// Whether it holds what the log says without the events that wait.
    pub sound: bool,
}

impl TableReport {
    /// Whether the view holds what the whole log says.
    pub fn is_equal(&self) -> bool {
        self.digest_of_view == self.digest_of_log && self.rows_in_view == self.rows_from_log
    }
}

impl ViewReport {
    /// Whether the view is what the log says.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.tables.iter().all(|table| table.sound)
    }
}
