//! What was audited, as digests of runs of commits, so that it can be read again and compared.

use log::Commit;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many events a run has before the next one begins.
const EVENTS: i64 = 10_000;

/// The sum of the digests of commits. The digest of a commit covers its position, so the sum holds for their order too; a sum
/// grows commit by commit, and no state of a hash function has to be kept with it. It shows damage and mistakes. Against someone who
/// can choose what stands in the log it proves less than a chain of digests does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum([u64; 4]);

impl Sum {
    /// Adds a commit.
    pub fn add(&mut self, commit: &Commit) {
        let digest = digest(commit);
        for (lane, bytes) in self.0.iter_mut().zip(digest.as_chunks::<8>().0) {
            *lane = lane.wrapping_add(u64::from_be_bytes(*bytes));
        }
    }

    /// As text, short enough to be read out.
    pub fn text(self) -> String {
        format!("{:016x}{:016x}", self.0[0], self.0[1])
    }
}

/// A run of whole commits that were audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The last position before the run.
    pub after: i64,
    /// The last position of its last commit.
    pub end: i64,
    pub sum: Sum,
}

/// All that was audited. Forty-eight bytes for ten thousand events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Segments(Vec<Segment>);

impl Segments {
    /// Adds the next commit.
    pub fn add(&mut self, commit: &Commit) {
        let after = commit.first.number() - 1;
        let fits = |segment: &Segment| segment.end - segment.after < EVENTS;
        match self.0.last_mut().filter(|segment| fits(segment)) {
            Some(segment) => {
                segment.end = commit.last().number();
                segment.sum.add(commit);
            }
            None => {
                let mut segment = Segment { after, end: commit.last().number(), sum: Sum::default() };
                segment.sum.add(commit);
                self.0.push(segment);
            }
        }
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One of them.
    pub fn get(&self, number: usize) -> Option<Segment> {
        self.0.get(number).copied()
    }
}

fn digest(commit: &Commit) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(commit.first.number().to_be_bytes());
    for id in [commit.command_id.uuid(), commit.actor.id.uuid(), commit.correlation.uuid()] {
        digest.update(id);
    }
    digest.update(commit.fingerprint.0);
    digest.update(commit.actor.role.as_str());
    digest.update(commit.recorded_at.timestamp_micros().to_be_bytes());
    for event in &commit.events {
        digest.update(event.stream.uuid());
        digest.update(event.version.number().to_be_bytes());
        digest.update(event.schema_version.to_be_bytes());
        for text in [event.event_type.as_str(), event.payload.get()] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
    }
    digest.finalize().into()
}
