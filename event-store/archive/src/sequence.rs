//! Reading on in order, page by page: who asks for the next page finds the file open where the last one ended.

use std::collections::VecDeque;

use log::{ArchivedCommit, ReadError};
use uuid::Uuid;

use crate::reader::{Batches, read_error};

/// How many readers stay open. Each holds a file and some thousand events.
const OPEN: usize = 4;

/// A reader, and where it stands.
pub struct Sequence {
    pub log: Uuid,
    /// The end of the last commit that was given out.
    pub end: i64,
    /// Where it ends.
    pub to: i64,
    /// Read and not given out.
    pub left: VecDeque<ArchivedCommit>,
    pub batches: Batches<ArchivedCommit>,
}

impl Sequence {
    /// The next commits, of about so many events; none at its end.
    pub async fn next(&mut self, max_events: i64) -> Result<Vec<ArchivedCommit>, ReadError> {
        if self.left.is_empty() {
            match self.batches.recv().await {
                Some(read) => self.left.extend(read.map_err(read_error)?),
                None if self.end >= self.to => {}
                None => {
                    let what = format!("it gave commits up to {}, not {}", self.end, self.to);
                    return Err(ReadError::Archive(what.into()));
                }
            }
        }
        let (mut page, mut events) = (Vec::new(), 0);
        while let Some(archived) = self.left.pop_front() {
            events += archived.commit.events.len() as i64;
            if !page.is_empty() && events > max_events {
                self.left.push_front(archived);
                break;
            }
            self.end = archived.commit.last().number();
            page.push(archived);
        }
        Ok(page)
    }
}

/// Those that are open, the one that was used last at the end.
#[derive(Default)]
pub struct Sequences(VecDeque<Sequence>);

impl Sequences {
    /// The one that stands there.
    pub fn take(&mut self, log: Uuid, end: i64) -> Option<Sequence> {
        let place = self.0.iter().position(|open| (open.log, open.end) == (log, end) && open.end < open.to)?;
        self.0.remove(place)
    }

    /// Leaves it open for the next page.
    pub fn put(&mut self, sequence: Sequence) {
        if sequence.end >= sequence.to {
            return;
        }
        self.0.push_back(sequence);
        if self.0.len() > OPEN {
            self.0.pop_front();
        }
    }
}
