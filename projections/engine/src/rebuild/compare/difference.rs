//! A difference between two generations.

/// A row that is not the same in both generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The row's key, as text.
    pub key: String,
    /// How it differs.
    pub change: Change,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the live generation has it.
    Missing,
    /// Only the new generation has it.
    Extra,
    /// Columns differ: the column, what the live generation has, what the new one has. Empty if no text shows it.
    Columns(Vec<(String, Option<String>, Option<String>)>),
    /// Not a row: a column adds up to something else, and no row that was found explains it.
    Sum {
        /// The column, and of which rows.
        of: String,
        /// In the live generation.
        live: String,
        /// In the new one.
        new: String,
    },
    /// Not a row: only one generation has this column, or, without a column, the table.
    Shape {
        /// The column.
        column: Option<String>,
        /// Which generation has it.
        is: Shape,
    },
}

/// Which of two generations has a column or a table that the other has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Only the new one.
    New,
    /// Only the live one.
    Gone,
}

impl Shape {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}
