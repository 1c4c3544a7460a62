//! `jangbu internal-keys`: the key with which command servers prove to each other who they are.

use std::path::Path;

use serde_json::json;
use tasks::{KeyFile, KeyFileError};

use crate::{
    config::Config,
    failure::Failure,
    key_ids::{KeyIds, show_retired},
    output::Output,
};

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

fn ids(keys: &KeyFile) -> KeyIds {
    KeyIds::new(keys.current(), keys.ids(), "is used")
}

/// Command servers read a changed file again when they connect; nothing has to be restarted.
pub fn run(command: &InternalKeysCommand, config: &Config, output: Output) -> Result<(), Failure> {
    let path = config.internal_keys()?;
    match command {
        InternalKeysCommand::Init => init(path, output),
        InternalKeysCommand::Show => ids(&keys(KeyFile::read(path))?).show(output),
        InternalKeysCommand::Rotate => {
            let rotated = keys(KeyFile::rotate(path))?;
            output.remark("copy the file to every command server that has its own, then `jangbu internal-keys retire`");
            ids(&rotated).show(output)
        }
        InternalKeysCommand::Retire => {
            let (_, retired) = keys(KeyFile::retire(path))?;
            show_retired(&retired, output)
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
