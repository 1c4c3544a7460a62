//! `jangbu slice-keys`: the keys that seal slices on their way from the relay to the projector.

use ::log::seal::SliceKeys;
use serde::Serialize;
use serde_json::json;

use crate::{config::Config, failure::Failure, output::Output};

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

/// The keys of a file, without the keys themselves.
#[derive(Serialize)]
struct Shown {
    current: String,
    keys: Vec<String>,
}

impl Shown {
    fn of(keys: &SliceKeys) -> Self {
        Self { current: keys.current().to_owned(), keys: keys.ids().map(ToOwned::to_owned).collect() }
    }

    fn text(&self) -> String {
        let line = |id: &String| if *id == self.current { format!("{id} seals") } else { format!("{id} is accepted") };
        self.keys.iter().map(line).collect::<Vec<_>>().join("\n")
    }
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
        SliceKeysCommand::Show => output.show(&Shown::of(&SliceKeys::read(path)?), Shown::text),
        SliceKeysCommand::Rotate => {
            let keys = SliceKeys::rotate(path)?;
            output
                .remark("copy the file to every relay and projector that has its own, then `jangbu slice-keys retire`");
            output.show(&Shown::of(&keys), Shown::text)
        }
        SliceKeysCommand::Retire => {
            let retired = SliceKeys::retire(path)?;
            output.show(&json!({ "retired": retired }), |_| match retired.as_slice() {
                [] => "no key was retired: only one is kept".into(),
                _ => retired.join("\n"),
            })
        }
    }
}
