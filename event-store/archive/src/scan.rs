//! Looking for single commits in one file. The file was held against its digest before, so lines that nobody asks for are
//! passed over unread.

use std::collections::VecDeque;

use bytes::Bytes;
use log::DetachedCommit;

use crate::{
    error::ArchiveError,
    line::CommitLine,
    manifest::{Events, Manifest},
    segment::Lines,
};

/// How many commits are kept that were not asked for, but are of a stream that is.
const BESIDES: usize = 1_000;

/// What is looked for in one file.
pub struct Scan {
    pub manifest: Manifest,
    pub about: Events,
    /// In order.
    pub positions: Vec<i64>,
    /// As they stand in a line.
    pub streams: Vec<String>,
}

impl Scan {
    /// The commits that hold the positions, and the newest of those before the last of them that are of the streams.
    pub fn run(self, file: Bytes) -> Result<Vec<DetachedCommit>, ArchiveError> {
        let unreadable = |error: std::io::Error| self.damaged(format!("it cannot be decompressed: {error}"));
        let mut lines = Lines::of(file).map_err(unreadable)?;
        let (mut found, mut besides) = (Vec::new(), VecDeque::new());
        let mut wanted = self.positions.iter().copied().peekable();
        let mut line: Vec<u8> = Vec::new();
        while let Some(position) = wanted.peek().copied() {
            let next = lines.read_line().map_err(unreadable)?;
            let is_held = !line.is_empty();
            // A line holds all positions up to the next one's first.
            let next_first = match next {
                Some(text) => self.first(text)?,
                None => self.about.last_position + 1,
            };
            if is_held && position < next_first {
                found.push(self.commit(&line)?);
                while wanted.next_if(|position| *position < next_first).is_some() {}
            } else if is_held && self.is_of_a_stream(&line) {
                besides.push_back(self.commit(&line)?);
                if besides.len() > BESIDES {
                    besides.pop_front();
                }
            }
            line.clear();
            match next {
                Some(text) => line.extend_from_slice(text),
                None => break,
            }
        }
        found.extend(besides);
        Ok(found)
    }

    fn first(&self, line: &[u8]) -> Result<i64, ArchiveError> {
        let digits = line.strip_prefix(br#"{"first_position":"#).unwrap_or_default();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(0);
        let number = std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.damaged("a line does not begin with its position"))
    }

    fn is_of_a_stream(&self, line: &[u8]) -> bool {
        let text = std::str::from_utf8(line).unwrap_or_default();
        self.streams.iter().any(|stream| text.contains(stream.as_str()))
    }

    fn commit(&self, line: &[u8]) -> Result<DetachedCommit, ArchiveError> {
        let commit = CommitLine::parse(line).and_then(CommitLine::into_detached);
        commit.map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            self.damaged(format!("{error}{cause}"))
        })
    }

    fn damaged(&self, what: impl Into<String>) -> ArchiveError {
        ArchiveError::Damaged { number: self.manifest.number, path: self.manifest.file.path.clone(), what: what.into() }
    }
}
