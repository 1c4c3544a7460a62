//! What one batch looked at and changed.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
};

use chrono::{DateTime, Utc};
use kernel::{AccountId, MemberId, Position, StreamId, Version};
use log::{Wanted, Within};

use super::Stream;

/// The streams of one batch.
#[derive(Default)]
pub struct Layer {
    /// Read from the log for this batch.
    pub read: HashMap<StreamId, Stream>,
    /// Changed by this batch.
    pub work: HashMap<StreamId, Changed>,
    /// The accounts that were ever opened for a member, read for this batch.
    pub owned: HashMap<MemberId, Vec<AccountId>>,
    /// Cannot be folded: the commands that name them fail, and no others.
    pub broken: HashSet<StreamId>,
    /// Of those, the ones that are only to be fetched from the archive.
    pub not_fetched: HashMap<StreamId, Wanted>,
    pub seen: RefCell<Seen>,
}

/// What decisions looked for.
#[derive(Default)]
pub struct Seen {
    /// Found in the cache, so perhaps behind the log.
    pub cached: HashSet<StreamId>,
    /// Found as the batch in flight leaves it.
    pub in_flight: HashSet<StreamId>,
    pub missing: BTreeSet<StreamId>,
    pub missing_owned: BTreeSet<MemberId>,
    /// The time was asked for before the clock of the log was known.
    pub is_time_missing: bool,
    /// The time by the log's clock at which the batch is decided, once it was asked for.
    pub now: Option<DateTime<Utc>>,
    /// When the batch may be recorded: at another time it would have been decided otherwise.
    pub within: Within,
    /// The command at hand looked at a stream that cannot be folded.
    pub met_broken: bool,
    /// The same of one that is only to be fetched from the archive.
    pub met_not_fetched: Option<Wanted>,
}

/// A stream that a batch changed.
#[derive(Clone)]
pub struct Changed {
    /// The version it had before.
    pub before: Version,
    /// As it is now.
    pub stream: Stream,
}

impl Layer {
    /// A stream as far as the batch has read or changed it.
    pub fn peek(&self, id: StreamId) -> Option<&Stream> {
        self.changed(id).or_else(|| self.read.get(&id))
    }

    /// A stream as the batch changed it.
    pub fn changed(&self, id: StreamId) -> Option<&Stream> {
        self.work.get(&id).map(|changed| &changed.stream)
    }

    /// Where the newest event of a stream stands that the batch changed.
    pub fn placed(&mut self, id: StreamId, newest: Position, has_row: bool) {
        if let Some(changed) = self.work.get_mut(&id) {
            changed.stream.placed(newest, has_row);
        }
    }
}
