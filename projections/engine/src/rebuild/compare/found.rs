//! What a comparison found.

use kernel::Position;

use super::{difference::Difference, fingerprint::Fingerprint};

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The live generation.
    pub live: i32,
    /// The one that was held against it.
    pub new: i32,
    /// The position of both.
    pub position: Position,
    /// Table by table.
    pub tables: Vec<TableComparison>,
    /// What could not be compared, and why that is no difference.
    pub remarks: Vec<String>,
    /// How many rows differ that nobody expected; columns and tables that only one has among them.
    pub unexpected: u64,
    /// Which differences nobody expected.
    pub fingerprint: Fingerprint,
    /// How many rows differ as expected.
    pub expected: u64,
    /// The first of the rows that differ unexpectedly.
    pub shown: Vec<Difference>,
}

/// One table of both generations.
#[derive(Clone, Debug)]
pub struct TableComparison {
    /// Its name.
    pub table: String,
    /// The rows of the live generation.
    pub live_rows: i64,
    /// The rows of the new one.
    pub new_rows: i64,
    /// Into how many buckets the rows were dealt by their keys, and how many of these differ.
    pub buckets: usize,
    /// How many of the buckets differ.
    pub differing_buckets: usize,
    /// What columns add up to: by what, in the live generation, in the new one.
    pub sums: Vec<(String, String, String)>,
}

impl Comparison {
    /// Whether nothing differs that was not expected to.
    pub fn is_equal(&self) -> bool {
        self.unexpected == 0
    }
}
