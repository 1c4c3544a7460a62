//! The digests of commits, and the chain of them that stands in the head of the log. Computed here by itself, and not by what writes
//! the log.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// SHA-256.
pub type Digest = [u8; 32];

/// The chain of no commit.
pub const BEGINNING: Digest = [0; 32];

/// What the digest of a commit covers, as it stands in its row.
pub struct Covered<'c> {
    pub command: Uuid,
    /// The letter of the role.
    pub role: &'c [u8],
    pub actor: Uuid,
    pub correlation: Uuid,
    pub fingerprint: &'c [u8],
    /// The text of the events, to the byte.
    pub events: &'c str,
}

impl Covered<'_> {
    pub fn digest(&self) -> Digest {
        Sha256::new()
            .chain_update(self.command)
            .chain_update(self.role)
            .chain_update(self.actor)
            .chain_update(self.correlation)
            .chain_update(self.fingerprint)
            .chain_update(self.events)
            .finalize()
            .into()
    }
}

/// The chain after a commit that begins at `first`.
pub fn after(before: &Digest, commit: &Digest, first: i64, recorded_at: DateTime<Utc>) -> Digest {
    Sha256::new()
        .chain_update(before)
        .chain_update(commit)
        .chain_update(first.to_be_bytes())
        .chain_update(since_2000(recorded_at).to_be_bytes())
        .finalize()
        .into()
}

/// As Postgres sends a time: microseconds since 2000.
fn since_2000(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros() - 946_684_800_000_000
}
