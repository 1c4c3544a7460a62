//! What is remembered of a process in the background: `.jangbu/run/<name>.json`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use testkit::kit::{Identity, Place};

/// One process in the background.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Which process.
    #[serde(flatten)]
    pub identity: Identity,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it was asked to listen; another one was taken if that was not free.
    pub asked: SocketAddr,
    /// Its binary and settings; others mean that it has to be started again.
    pub fingerprint: String,
}

impl Record {
    /// What is remembered of the process of this name, if it still runs.
    pub fn running(place: &Place, name: &str) -> Option<Self> {
        let text = std::fs::read_to_string(file(place, name)).ok()?;
        let record: Self = serde_json::from_str(&text).ok()?;
        record.identity.alive().then_some(record)
    }

    /// Remembers it.
    pub fn save(&self, place: &Place, name: &str) -> Result<()> {
        let text = serde_json::to_string(self).context("a record that cannot be written")?;
        std::fs::write(file(place, name), text).context("cannot write a pid file")
    }

    /// Forgets it.
    pub fn forget(place: &Place, name: &str) {
        // A file that stays names a process that has ended, which is the same as none.
        let _ = std::fs::remove_file(file(place, name));
    }
}

fn file(place: &Place, name: &str) -> PathBuf {
    place.state.join("run").join(format!("{name}.json"))
}

/// Changes when the binary was built again or a setting is another.
pub fn fingerprint(binary: &Path, env: &[(String, String)]) -> Result<String> {
    let data =
        std::fs::metadata(binary).with_context(|| format!("{} is not built; run ./justw up", binary.display()))?;
    let modified = data.modified().context("the file system keeps no times")?;
    let text = format!("{} {modified:?} {env:?}", data.len());
    Ok(hex::encode(&Sha256::digest(text)[..8]))
}
