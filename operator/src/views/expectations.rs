//! The file of the differences that a change of a view is expected to make.

use std::path::Path;

use projection_engine::{Expectation, Expected, Shape};
use serde::Deserialize;

use crate::failure::Failure;

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    table: String,
    key: Option<String>,
    column: Option<String>,
    is: Option<Is>,
}

/// That only one generation has the column, or without a column the table.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Is {
    New,
    Gone,
}

impl From<Is> for Shape {
    fn from(is: Is) -> Self {
        match is {
            Is::New => Self::New,
            Is::Gone => Self::Gone,
        }
    }
}

/// Reads the file, if one is named.
pub fn read(file: Option<&Path>) -> Result<Expected, Failure> {
    let Some(file) = file else { return Ok(Expected::default()) };
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", file.display())))?;
    parse(&text).map_err(|what| Failure::Usage(format!("{}: {what}", file.display())))
}

fn parse(text: &str) -> Result<Expected, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(number, line)| {
        let line: Line = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        if line.is.is_some() && line.key.is_some() {
            return Err(format!("line {}: a column or a table is new or gone for every key", number + 1));
        }
        if line.key.is_none() && line.column.is_none() && line.is.is_none() {
            return Err(format!("line {}: name a key or a column, or a whole table goes unchecked", number + 1));
        }
        Ok(Expectation { table: line.table, key: line.key, column: line.column, is: line.is.map(Shape::from) })
    });
    parsed.collect::<Result<_, _>>().map(Expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_table_and_what_of_it() {
        let parsed = parse("{\"table\":\"entries\",\"column\":\"memo\"}\n\n{\"table\":\"t\",\"key\":\"a*\"}\n");
        let Ok(Expected(lines)) = parsed else { panic!("{parsed:?}") };
        assert_eq!((lines.len(), lines[1].key.as_deref()), (2, Some("a*")));
        let parsed = parse("{\"table\":\"t\",\"column\":\"c\",\"is\":\"new\"}\n{\"table\":\"t\",\"is\":\"gone\"}\n");
        let Ok(Expected(lines)) = parsed else { panic!("{parsed:?}") };
        assert_eq!((lines[0].is, lines[1].is), (Some(Shape::New), Some(Shape::Gone)));
        for wrong in [
            "{\"table\":\"t\",\"key\":\"k\",\"is\":\"new\"}",
            "{\"table\":\"t\",\"is\":\"odd\"}",
            "{\"table\":\"t\"}",
            "{\"key\":\"t\"}",
            "nonsense",
            "{\"table\":\"t\",\"column\":\"c\",\"row\":1}",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
