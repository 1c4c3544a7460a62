//! The desk: the streams one batch works on. What was read lies below, what the batch changed lies on top, so that a
//! batch can be decided again from the start, and nothing of it outlives a failed append.

use std::collections::{HashMap, HashSet};

use contracts::recorded::Recorded;
use domain::{Account, Transfer};
use kernel::{AccountId, AccountNumber, StreamId, TransferId, Version};
use log::{FromVersion, ReadError};
use lru::LruCache;

use super::{
    Log,
    stream::{FoldError, Kind, State, Stream},
};

/// What is kept between batches. Only speed: every append checks the versions.
pub type Cache = LruCache<StreamId, Stream>;

/// Why streams could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("streams cannot be read")]
    Read(#[source] ReadError),
    #[error("a stream cannot be folded")]
    Fold(#[source] FoldError),
}

#[derive(Default)]
pub struct Desk {
    read: HashMap<StreamId, Stream>,
    work: HashMap<StreamId, Stream>,
    /// Read from the log for this batch, not taken from the cache.
    fresh: HashSet<StreamId>,
}

impl Desk {
    pub fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.work.get(&id).or_else(|| self.read.get(&id))
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        match &self.stream(id.into())?.state {
            State::Account(account) => account.as_ref(),
            State::Number(_) | State::Transfer(_) => None,
        }
    }

    pub fn bearer(&self, number: AccountNumber) -> Option<AccountId> {
        match self.stream(number.stream())?.state {
            State::Number(account) => account,
            State::Account(_) | State::Transfer(_) => None,
        }
    }

    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        match &self.stream(id.into())?.state {
            State::Transfer(transfer) => transfer.as_ref(),
            State::Account(_) | State::Number(_) => None,
        }
    }

    /// Puts one more event on a stream and gives the version it takes.
    pub fn apply(&mut self, id: StreamId, kind: Kind, recorded: Recorded) -> Version {
        let read = &self.read;
        let stream =
            self.work.entry(id).or_insert_with(|| read.get(&id).cloned().unwrap_or_else(|| Stream::empty(kind)));
        stream.apply(recorded);
        stream.version
    }

    /// The batch's changes so far, to go back to.
    pub fn savepoint(&self) -> HashMap<StreamId, Stream> {
        self.work.clone()
    }

    /// Goes back to a savepoint; the default one is the beginning of the batch.
    pub fn roll_back(&mut self, to: HashMap<StreamId, Stream>) {
        self.work = to;
    }

    /// What the batch changed, once it is durable: each stream with the version it had before.
    pub fn changed(self) -> impl Iterator<Item = (StreamId, Version, Stream)> {
        let read = self.read;
        let before = move |id| read.get(&id).map_or(Version::ZERO, |stream| stream.version);
        self.work.into_iter().map(move |(id, stream)| (id, before(id), stream))
    }

    /// Those of these streams that came from the cache and may be behind.
    pub fn stale(&self, ids: impl IntoIterator<Item = StreamId>) -> Vec<StreamId> {
        let mut stale: Vec<_> =
            ids.into_iter().filter(|id| self.read.contains_key(id) && !self.fresh.contains(id)).collect();
        stale.sort_unstable();
        stale.dedup();
        stale
    }

    /// Every stream that was read.
    pub fn everything(&self) -> Vec<StreamId> {
        self.read.keys().copied().collect()
    }

    /// Brings streams to the desk that the cache holds; those that are still missing.
    pub fn take_cached(&mut self, wanted: Vec<(StreamId, Kind)>, cache: &mut Cache) -> Vec<(StreamId, Kind)> {
        let mut missing: Vec<(StreamId, Kind)> = Vec::new();
        for (id, kind) in wanted {
            if self.read.contains_key(&id) {
                continue;
            }
            match cache.get(&id) {
                Some(stream) => {
                    self.read.insert(id, stream.clone());
                }
                None => missing.push((id, kind)),
            }
        }
        missing.sort_unstable_by_key(|(id, _)| *id);
        missing.dedup_by_key(|(id, _)| *id);
        missing
    }

    /// Brings streams to the desk from the log, in one round trip.
    pub async fn read(
        &mut self,
        missing: Vec<(StreamId, Kind)>,
        cache: &mut Cache,
        log: &dyn Log,
    ) -> Result<(), LoadError> {
        let from: Vec<_> = missing.iter().map(|(id, kind)| (*id, Stream::start(*kind))).collect();
        let start = missing.iter().map(|(_, kind)| Stream::empty(*kind)).collect();
        self.read_into(from, start, log).await?;
        for (id, _) in missing {
            if let Some(stream) = self.read.get(&id).filter(|stream| stream.is_worth_keeping()) {
                cache.put(id, stream.clone());
            }
        }
        Ok(())
    }

    /// Reads on in streams that are on the desk; says whether any had moved. Only before a batch is decided again: the
    /// batch's own changes must have been rolled back.
    pub async fn refresh(&mut self, ids: Vec<StreamId>, log: &dyn Log) -> Result<bool, LoadError> {
        let start: Vec<Stream> = ids.iter().filter_map(|id| self.read.get(id).cloned()).collect();
        let from = ids.iter().zip(&start).map(|(id, s)| (*id, FromVersion::After(s.version))).collect();
        self.read_into(from, start, log).await
    }

    async fn read_into(
        &mut self,
        from: Vec<(StreamId, FromVersion)>,
        start: Vec<Stream>,
        log: &dyn Log,
    ) -> Result<bool, LoadError> {
        if from.is_empty() {
            return Ok(false);
        }
        let read = log.read_streams(&from).await.map_err(LoadError::Read)?;
        let mut moved = false;
        for (((id, _), stream), read) in from.into_iter().zip(start).zip(read) {
            let before = stream.version;
            let stream = stream.load(id, read).map_err(LoadError::Fold)?;
            moved |= stream.version != before;
            self.read.insert(id, stream);
            self.fresh.insert(id);
        }
        Ok(moved)
    }
}
