//! `jangbu slice-keys`: the keys that seal slices on their way from the relay to the projector.

use ::log::seal::SliceKeys;
use serde_json::json;

use crate::{
    config::Config,
    failure::Failure,
    key_ids::{KeyIds, show_retired},
    output::Output,
};

/// What is done with the keys.
#[derive(Debug, clap::Subcommand)]
pub enum SliceKeysCommand {
    /// Make the key file (0600) with one key, where it is missing; replace nothing
    Init,
    /// Show the ids of the keys, and which one seals
    Show,
    /// Add a key that seals from now on; slices sealed with the earlier ones are still accepted
    Rotate,
    /// Remove all keys but the one that seals: what is sealed with them is ignored, and views read it from the log
    Retire,
}

fn ids(keys: &SliceKeys) -> KeyIds {
    KeyIds::new(keys.current(), keys.ids(), "seals")
}

/// Relay and projector read a changed file again within a second; nothing has to be restarted.
pub fn run(command: &SliceKeysCommand, config: &Config, output: Output) -> Result<(), Failure> {
    let path = config.slice_keys()?;
    match command {
        SliceKeysCommand::Init => {
            let (keys, made) = SliceKeys::ensure(path)?;
            let file = path.display().to_string();
            output.show(&json!({ "file": file, "made": made, "current": keys.current() }), |_| {
                format!("{file} {}", if made { "was made: relay and projector need it" } else { "is there already" })
            })
        }
        SliceKeysCommand::Show => ids(&SliceKeys::read(path)?).show(output),
        SliceKeysCommand::Rotate => {
            let keys = SliceKeys::rotate(path)?;
            output
                .remark("copy the file to every relay and projector that has its own, then `jangbu slice-keys retire`");
            ids(&keys).show(output)
        }
        SliceKeysCommand::Retire => {
            let retired = SliceKeys::retire(path)?;
            show_retired(&retired, output)
        }
    }
}
