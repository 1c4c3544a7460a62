//! `jangbu internal-keys`: the key with which command servers prove to each other who they are.

use std::path::Path;

use serde::Serialize;
use serde_json::json;
use tasks::{KeyFile, KeyFileError};

use crate::{config::Config, failure::Failure, output::Output};

/// What is done with the keys.
#[derive(Debug, clap::Subcommand)]
pub enum InternalKeysCommand {
    /// Make the key file (0600) with one key, where it is missing; replace nothing
    Init,
    /// Show the ids of the keys, and which one is used
    Show,
    /// Add a key that is used from now on; the earlier ones are still accepted
    Rotate,
    /// Remove all keys but the one that is used
    Retire,
}

/// The keys of a file, without the keys themselves.
#[derive(Serialize)]
struct Shown {
    current: String,
    keys: Vec<String>,
}

impl Shown {
    fn of(keys: &KeyFile) -> Self {
        Self { current: keys.current().to_owned(), keys: keys.ids().map(ToOwned::to_owned).collect() }
    }

    fn text(&self) -> String {
        let line =
            |id: &String| if *id == self.current { format!("{id} is used") } else { format!("{id} is accepted") };
        self.keys.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Command servers read a changed file again when they connect; nothing has to be restarted.
pub fn run(command: &InternalKeysCommand, config: &Config, output: Output) -> Result<(), Failure> {
    let path = config.internal_keys()?;
    match command {
        InternalKeysCommand::Init => init(path, output),
        InternalKeysCommand::Show => output.show(&Shown::of(&keys(KeyFile::read(path))?), Shown::text),
        InternalKeysCommand::Rotate => {
            let rotated = keys(KeyFile::rotate(path))?;
            output.remark("copy the file to every command server that has its own, then `jangbu internal-keys retire`");
            output.show(&Shown::of(&rotated), Shown::text)
        }
        InternalKeysCommand::Retire => {
            let (_, retired) = keys(KeyFile::retire(path))?;
            output.show(&json!({ "retired": retired }), |_| retired.join("\n"))
        }
    }
}

fn init(path: &Path, output: Output) -> Result<(), Failure> {
    let (made_or_found, made) = keys(KeyFile::ensure(path))?;
    let file = path.display().to_string();
    output.show(&json!({ "file": file, "made": made, "current": made_or_found.current() }), |_| {
        format!("{file} {}", if made { "was made: every command server needs it" } else { "is there already" })
    })
}

fn keys<T>(result: Result<T, KeyFileError>) -> Result<T, Failure> {
    result.map_err(Failure::InternalKeys)
}
