//! Manifests: what each file of the archive holds, each bound to the one before by its digest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::digest::Digest;
use crate::commit::Commit;

/// The format written here. In format 1 a line does not say where the versions before its events stand.
pub const FORMAT: u16 = 2;

/// The formats that are read here.
pub const FORMATS: std::ops::RangeInclusive<u16> = 1..=FORMAT;

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of manifest and file.
    pub format: u16,
    /// The log.
    pub log_id: Uuid,
    /// Its place in the chain, from 1.
    pub number: u64,
    /// The digest of the manifest before; none for the first.
    pub previous: Option<Digest>,
    /// When it was written, by the writer's clock.
    pub written_at: DateTime<Utc>,
    /// Which program wrote it.
    pub written_by: String,
    /// What the file holds.
    pub holds: Holds,
    /// Under which ids the log went on before it had this one, oldest first. Missing where there were none, and in what an
    /// earlier build wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adoptions: Vec<Adoption>,
    /// From which time on keys give their time to the ids of commands in this log. Missing in what an earlier build wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_ids_ordered_from: Option<DateTime<Utc>>,
    /// The file.
    pub file: File,
}

/// A row of `log_adoptions`: the log was restored from a backup, and went on under another id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// When, by the clock of the log's database.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub who: String,
    /// Why.
    pub reason: String,
    /// The id before.
    pub old_log_id: Uuid,
    /// The id since.
    pub new_log_id: Uuid,
    /// The end of the log at that moment.
    pub position: i64,
    /// The commit that ends there; none if the log was empty.
    pub command_id: Option<Uuid>,
    /// When that commit was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// A closed range of the log.
    Events(Events),
    /// The state of every account at a position.
    Accounts(Accounts),
}

/// A range of whole commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// The position of the first event.
    pub first_position: i64,
    /// The position of the last event.
    pub last_position: i64,
    /// The log's time of the first commit.
    pub first_recorded_at: DateTime<Utc>,
    /// The log's time of the last commit.
    pub last_recorded_at: DateTime<Utc>,
    /// How many commits.
    pub commits: i64,
    /// How many events.
    pub events: i64,
    /// The command that wrote the last commit: a log that went another way from here shows at once.
    pub last_command_id: Uuid,
}

impl Events {
    /// Of one commit.
    pub fn of(commit: &Commit) -> Self {
        Self {
            first_position: commit.first,
            last_position: commit.last(),
            first_recorded_at: commit.recorded_at,
            last_recorded_at: commit.recorded_at,
            commits: 1,
            events: commit.events.len() as i64,
            last_command_id: commit.command_id,
        }
    }

    /// The same and the next commit.
    pub fn extend(&mut self, commit: &Commit) {
        self.last_position = commit.last();
        self.last_recorded_at = commit.recorded_at;
        self.commits += 1;
        self.events += commit.events.len() as i64;
        self.last_command_id = commit.command_id;
    }
}

/// States of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// The position up to which the log is in them: the end of the range before.
    pub position: i64,
    /// The log's time of the last commit in them.
    pub recorded_at: DateTime<Utc>,
    /// How many accounts.
    pub accounts: i64,
    /// The version of what is kept of an account; a snapshot of another one is passed over.
    pub state_version: u16,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name, below the folder of the log.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its digest, as it is stored: compressed.
    pub sha256: Digest,
}

impl Manifest {
    /// The name of the manifest of that number, below the folder of the log.
    pub fn path(number: u64) -> String {
        format!("manifests/{number:010}.json")
    }

    /// What is stored.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
