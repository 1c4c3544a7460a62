//! Everything that is wrong with a body, not only the first of it.

use std::fmt::Display;

use platform::problem::{Code, Problem};

/// The wrong fields so far.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value, or one more wrong field. The error's text is for the sender, and repeats no value.
    pub(crate) fn read<T, E: Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.0.push((field.to_owned(), error.to_string()))).ok()
    }

    pub(crate) fn problem(self) -> Problem {
        let none = Problem::new(Code::ValidationFailed);
        self.0.into_iter().fold(none, |problem, (field, message)| problem.field_error(field, message))
    }
}
