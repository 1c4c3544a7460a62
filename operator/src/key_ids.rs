//! What is shown of a key file: the ids of its keys, and never the keys.

use serde::Serialize;
use serde_json::json;

use crate::{failure::Failure, output::Output};

/// The ids of the keys in a file.
#[derive(Serialize)]
pub struct KeyIds {
    current: String,
    keys: Vec<String>,
    /// What the current key does, as in "k1 seals".
    #[serde(skip)]
    verb: &'static str,
}

impl KeyIds {
    pub fn new<'a>(current: &str, ids: impl Iterator<Item = &'a str>, verb: &'static str) -> Self {
        Self { current: current.to_owned(), keys: ids.map(ToOwned::to_owned).collect(), verb }
    }

    /// A line for each key.
    pub fn show(&self, output: Output) -> Result<(), Failure> {
        output.show(self, |ids| {
            let line = |id: &String| match *id == ids.current {
                true => format!("{id} {}", ids.verb),
                false => format!("{id} is accepted"),
            };
            ids.keys.iter().map(line).collect::<Vec<_>>().join("\n")
        })
    }
}

/// Says which keys are gone.
pub fn show_retired(retired: &[String], output: Output) -> Result<(), Failure> {
    output.show(&json!({ "retired": retired }), |_| match retired {
        [] => "no key was retired: only one is kept".into(),
        _ => retired.join("\n"),
    })
}
