//! What was audited, as digests of runs of commits, so that it can be read again and compared.

use log::CommitBytes;
use serde::{Deserialize, Serialize};

use super::read;
use crate::chain::{self, Digest};

/// How many events a run has before the next one begins.
const EVENTS: i64 = 10_000;

/// The sum of the digests of commits. The digest of a commit covers its position, so the sum holds for their order too. A sum can be
/// compared for each run by itself, and a commit that is read again needs nothing of those before it. Against someone who can choose what
/// stands in the log it proves less than the chain of digests, which is held against the head besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum([u64; 4]);

impl Sum {
    /// Adds a commit as it is read again.
    pub fn add(&mut self, bytes: &CommitBytes) {
        self.add_placed(&placed(bytes, &read::digest(bytes)));
    }

    fn add_placed(&mut self, digest: &Digest) {
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
    /// Adds the next commit, which has this digest.
    pub fn add(&mut self, bytes: &CommitBytes, digest: &Digest) {
        let (commit, placed) = (&bytes.commit, placed(bytes, digest));
        let after = commit.first.number() - 1;
        let fits = |segment: &Segment| segment.end - segment.after < EVENTS;
        match self.0.last_mut().filter(|segment| fits(segment)) {
            Some(segment) => {
                segment.end = commit.last().number();
                segment.sum.add_placed(&placed);
            }
            None => {
                let mut segment = Segment { after, end: commit.last().number(), sum: Sum::default() };
                segment.sum.add_placed(&placed);
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

/// A digest that also covers where and when the commit stands.
fn placed(bytes: &CommitBytes, digest: &Digest) -> Digest {
    chain::after(&chain::BEGINNING, digest, bytes.commit.first.number(), bytes.commit.recorded_at)
}
