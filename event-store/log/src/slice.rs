//! Slices: how the log travels.

use kernel::{LogId, Position};
use serde::{Deserialize, Serialize};

use crate::{Commit, SliceError};

/// A contiguous run of whole commits of one log, at least one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slice {
    format: u16,
    log: LogId,
    commits: Vec<Commit>,
}

impl Slice {
    /// The format written here.
    const FORMAT: u16 = 1;

    /// A slice of these commits, if they follow one another and there is one.
    pub fn new(log: LogId, commits: Vec<Commit>) -> Result<Self, SliceError> {
        let slice = Self { format: Self::FORMAT, log, commits };
        slice.check()?;
        Ok(slice)
    }

    /// The log the commits belong to.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The commits, oldest first.
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// The commits, oldest first.
    pub fn into_commits(self) -> Vec<Commit> {
        self.commits
    }

    /// The position of the first event.
    pub fn first(&self) -> Position {
        self.commits.first().map_or(Position::ZERO, |c| c.first)
    }

    /// The position of the last event.
    pub fn last(&self) -> Position {
        self.commits.last().map_or(Position::ZERO, Commit::last)
    }

    /// The bytes that travel: JSON.
    pub fn encode(&self) -> Result<Vec<u8>, SliceError> {
        serde_json::to_vec(self).map_err(SliceError::Json)
    }

    /// Reads bytes that travelled; whatever they are, the answer is a sound slice or an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, SliceError> {
        let slice: Self = serde_json::from_slice(bytes).map_err(SliceError::Json)?;
        if slice.format != Self::FORMAT {
            return Err(SliceError::Format(slice.format));
        }
        slice.check()?;
        Ok(slice)
    }

    fn check(&self) -> Result<(), SliceError> {
        let mut expected = match self.commits.first() {
            Some(commit) if commit.first > Position::ZERO => commit.first,
            _ => return Err(SliceError::Broken(Position::ZERO)),
        };
        for commit in &self.commits {
            // A hostile sender may name the last place there is: what follows it would have no place.
            let room = commit.first.number().checked_add(commit.events.len() as i64).is_some();
            if commit.first != expected || commit.events.is_empty() || !room {
                return Err(SliceError::Broken(commit.first));
            }
            expected = commit.last().next();
        }
        Ok(())
    }
}
