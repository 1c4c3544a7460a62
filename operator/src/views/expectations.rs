//! The file of differences that whoever changed a view expects.

use std::path::Path;

use projection_engine::{Expectation, Expected};
use serde::Deserialize;

use crate::failure::Failure;

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    table: String,
    key: Option<String>,
    column: Option<String>,
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
        if line.key.is_none() && line.column.is_none() {
            return Err(format!("line {}: name a key or a column, or a whole table goes unchecked", number + 1));
        }
        Ok(Expectation { table: line.table, key: line.key, column: line.column })
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
        for wrong in
            ["{\"table\":\"t\"}", "{\"key\":\"t\"}", "nonsense", "{\"table\":\"t\",\"column\":\"c\",\"row\":1}"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
