//! `jangbu vault init`.

use serde_json::json;
use vault::{KekAddress, KeyFile};

use crate::{config::Config, failure::Failure, output::Output};

pub fn run(config: &Config, output: Output) -> Result<(), Failure> {
    let KekAddress::File(path) = config.kek()? else {
        return Err(Failure::Usage("only a key file is made here: make a transit key in the engine itself".into()));
    };
    let was_there = path.exists();
    KeyFile::ensure(&path).map_err(|error| Failure::Kek(error.into()))?;
    let file = path.display().to_string();
    output.show(&json!({ "file": file, "made": !was_there }), |_| {
        let outcome =
            if was_there { "is there already" } else { "was made: keep a copy where no backup of the vault is" };
        format!("{file} {outcome}")
    })
}
