//! The unit of work: the streams one batch works on. What was read lies below, what the batch changed lies on top, so that a
//! batch can be decided again from the start, and nothing of it outlives a failed append.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
};

use contracts::recorded::Recorded;
use domain::{Account, Transfer};
use kernel::{AccountId, AccountNumber, MemberId, StreamId, TransferId, Version};
use log::ReadError;
use lru::LruCache;

use super::{
    Log, load,
    stream::{FoldError, State, Stream},
};

/// What is kept between batches. Only speed: every append checks the versions.
pub type Cache = LruCache<StreamId, Stream>;

#[derive(Default)]
pub struct UnitOfWork {
    read: HashMap<StreamId, Stream>,
    work: HashMap<StreamId, Stream>,
    /// Read from the log for this batch, not taken from the cache.
    fresh: HashSet<StreamId>,
    /// Cannot be folded: the commands that name them fail, and no others.
    broken: HashSet<StreamId>,
}

impl UnitOfWork {
    pub fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.work.get(&id).or_else(|| self.read.get(&id))
    }

    /// Whether the stream was looked for, whatever came of it.
    pub fn knows(&self, id: StreamId) -> bool {
        self.stream(id).is_some() || self.broken.contains(&id)
    }

    /// Whether a stream cannot be folded.
    pub fn is_broken(&self, id: StreamId) -> bool {
        self.broken.contains(&id)
    }

    /// Whether any stream cannot be folded.
    pub fn has_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        match &self.stream(id.into())?.state {
            State::Account(account) => Some(account),
            _ => None,
        }
    }

    pub fn reserved_for(&self, number: AccountNumber) -> Option<AccountId> {
        match self.stream(number.stream())?.state {
            State::Number(account) => Some(account),
            _ => None,
        }
    }

    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        match &self.stream(id.into())?.state {
            State::Transfer(transfer) => Some(transfer),
            _ => None,
        }
    }

    /// Whether a member is leaving or has left: by the fence on the owner's stream, and by the member's own stream, which
    /// is all that an erasure of an older version of the bank wrote to.
    pub fn has_left(&self, member: MemberId) -> bool {
        let state = |id| self.stream(id).map(|stream| &stream.state);
        let fenced = matches!(state(member.owner_stream()), Some(State::Owner(owner)) if owner.has_left());
        fenced || matches!(state(StreamId::new(member.uuid())), Some(State::Member { leaving: true }))
    }

    /// Puts one more event on a stream and gives the version it takes.
    pub fn apply(&mut self, id: StreamId, recorded: &Recorded) -> Result<Version, FoldError> {
        let read = &self.read;
        let stream = self.work.entry(id).or_insert_with(|| read.get(&id).cloned().unwrap_or(Stream::EMPTY));
        stream.apply(id, recorded)?;
        Ok(stream.version)
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

    /// Brings streams into the unit of work that the cache holds; those that are still missing.
    pub fn take_cached(&mut self, wanted: Vec<StreamId>, cache: &mut Cache) -> Vec<StreamId> {
        let mut missing = Vec::new();
        for id in wanted {
            if self.read.contains_key(&id) || self.broken.contains(&id) {
                continue;
            }
            match cache.get(&id) {
                Some(stream) => {
                    self.read.insert(id, stream.clone());
                }
                None => missing.push(id),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Brings streams into the unit of work from the log, in one round trip.
    pub async fn read(&mut self, missing: Vec<StreamId>, cache: &mut Cache, log: &dyn Log) -> Result<(), ReadError> {
        self.read_into(missing.iter().map(|id| (*id, Stream::EMPTY)).collect(), log).await?;
        for id in missing {
            if let Some(stream) = self.read.get(&id).filter(|stream| stream.is_worth_keeping()) {
                cache.put(id, stream.clone());
            }
        }
        Ok(())
    }

    /// Reads on in streams that are in the unit of work. Only before a batch is decided again: the batch's own changes must have
    /// been rolled back.
    pub async fn refresh(&mut self, ids: Vec<StreamId>, log: &dyn Log) -> Result<(), ReadError> {
        let held = ids.into_iter().filter_map(|id| Some((id, self.read.get(&id)?.clone()))).collect();
        self.read_into(held, log).await
    }

    async fn read_into(&mut self, held: Vec<(StreamId, Stream)>, log: &dyn Log) -> Result<(), ReadError> {
        let ids: Vec<_> = held.iter().map(|(id, _)| *id).collect();
        for (id, loaded) in ids.into_iter().zip(load::load(log, held).await?) {
            match loaded {
                Ok(stream) => {
                    self.read.insert(id, stream);
                    self.fresh.insert(id);
                }
                Err(error) => {
                    metrics::counter!("executor_broken_streams").increment(1);
                    tracing::error!(
                        error = &error as &dyn Error,
                        stream.id = %id,
                        "a stream cannot be folded; commands that name it are refused"
                    );
                    self.read.remove(&id);
                    self.broken.insert(id);
                }
            }
        }
        Ok(())
    }
}
