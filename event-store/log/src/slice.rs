//! Slices: how the log travels.

use kernel::{CommitRef, LogId, Position};
use serde::{Deserialize, Serialize};

use crate::{Commit, SliceError};

/// A contiguous run of whole commits of one log, at least one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slice {
    format: u16,
    log: LogId,
    /// The commit before the first one. Format 1 does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<CommitRef>,
    commits: Vec<Commit>,
}

impl Slice {
    /// The format written here. Format 1 had no `after`.
    const FORMAT: u16 = 2;

    /// A slice of these commits, if there is one and they follow one another and the commit before them; none at the
    /// beginning of the log.
    pub fn new(log: LogId, after: Option<CommitRef>, commits: Vec<Commit>) -> Result<Self, SliceError> {
        let slice = Self { format: Self::FORMAT, log, after, commits };
        slice.check()?;
        Ok(slice)
    }

    /// The log the commits belong to.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// Whether the slice follows this commit; `None` is the beginning of the log. A slice of format 1 does not say what it
    /// follows, so it follows nothing.
    pub fn follows(&self, commit: Option<CommitRef>) -> bool {
        self.says_what_it_follows() && self.after == commit
    }

    /// Whether it names the commit before its first one: a slice of format 1 does not.
    pub fn says_what_it_follows(&self) -> bool {
        self.format > 1
    }

    /// The commit before the first one, if there is one and the slice names it.
    pub fn after(&self) -> Option<CommitRef> {
        self.after
    }

    /// The last commit.
    pub fn end(&self) -> Option<CommitRef> {
        self.commits.last().map(Commit::reference)
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
        if !(1..=Self::FORMAT).contains(&slice.format) {
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
        let before = self.after.map_or(Position::ZERO, |commit| commit.position);
        if self.says_what_it_follows() && before.next() != expected {
            return Err(SliceError::Broken(expected));
        }
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
