//! The unit of work: the streams one batch works on. What was read lies below, what the batch changed lies on top, so that a
//! batch can be decided again from the start, and nothing of it outlives a failed append. While a batch is in flight, the next
//! one has a layer of its own on top of it.

use std::{
    collections::{HashMap, hash_map::Entry},
    error::Error,
    num::NonZeroUsize,
};

use chrono::{DateTime, Utc};
use events::recorded::Event;
use kernel::{AccountId, MemberId, Position, StreamId, Version};
use log::{HeldStream, ReadError, Wanted, Within};
use lru::LruCache;

use super::{
    FoldError, Log, MetricNames, Stream,
    clock::LogClock,
    layer::{Changed, Layer},
    load,
};

/// The streams of a batch, and those that are kept between batches.
pub struct UnitOfWork {
    /// Kept between batches. Only speed: every append checks the versions.
    cache: Option<LruCache<StreamId, Stream>>,
    /// The batch whose append is in flight. What is decided meanwhile is decided on the states that it leaves.
    in_flight: Option<Layer>,
    /// The batch that is being decided, or written.
    batch: Layer,
    /// How many batches were begun.
    begun: u64,
    /// What is known of the log's clock.
    clock: Option<LogClock>,
    metrics: &'static MetricNames,
}

/// What a batch changed that was decided while the one before it was in flight. It stands for something only on top of that.
pub struct LayerAhead {
    layer: Box<Layer>,
    /// How many batches were begun when the one before landed.
    begun: u64,
}

impl LayerAhead {
    /// An event of the batch below was written: it stands in the commit that begins there.
    pub fn placed(&mut self, id: StreamId, newest: Position, has_row: bool) {
        self.layer.placed(id, newest, has_row);
    }
}

impl UnitOfWork {
    /// One that keeps so many streams between batches.
    pub fn new(cached_streams: usize, metrics: &'static MetricNames) -> Self {
        let cache = NonZeroUsize::new(cached_streams).map(LruCache::new);
        Self { cache, in_flight: None, batch: Layer::default(), begun: 0, clock: None, metrics }
    }

    /// The append of the batch begins: from now on the next one is decided on top of it, until it lands.
    pub fn take_off(&mut self) {
        self.in_flight = Some(std::mem::take(&mut self.batch));
    }

    /// The append has ended, however it did: the batch in flight is the one at hand again, without what was decided on top.
    pub fn land(&mut self) -> LayerAhead {
        let below = self.in_flight.take().unwrap_or_default();
        LayerAhead { layer: Box::new(std::mem::replace(&mut self.batch, below)), begun: self.begun }
    }

    /// Goes on with what was decided on top of the batch that was written last. `false` if anything else was done since: then
    /// it is dropped.
    pub fn go_on(&mut self, ahead: LayerAhead) -> bool {
        let LayerAhead { mut layer, begun } = ahead;
        // The batch below was kept, which began the next one: this.
        if begun + 1 != self.begun || self.in_flight.is_some() {
            return false;
        }
        let seen = layer.seen.get_mut();
        // After a conflict they are not believed either.
        seen.cached.extend(seen.in_flight.drain());
        self.batch = *layer;
        true
    }

    /// Forgets what was decided on top of the batch in flight.
    pub fn drop_ahead(&mut self) {
        self.batch = Layer::default();
    }

    /// A stream as the batch has it. One that is not known yet is missing from now on: it is read, and what was decided
    /// without it counts for nothing.
    pub fn stream(&self, id: StreamId) -> Option<&Stream> {
        if let Some(stream) = self.batch.peek(id) {
            return Some(stream);
        }
        let mut seen = self.batch.seen.borrow_mut();
        if self.batch.broken.contains(&id) {
            seen.met_broken = true;
            seen.met_not_fetched = seen.met_not_fetched.or(self.batch.not_fetched.get(&id).copied());
            return None;
        }
        if let Some(stream) = self.below(id) {
            seen.in_flight.insert(id);
            return Some(stream);
        }
        let cached = self.cached(id);
        if cached.is_some() {
            seen.cached.insert(id)
        } else {
            seen.missing.insert(id)
        };
        cached
    }

    /// A stream as the batch in flight changed it.
    fn below(&self, id: StreamId) -> Option<&Stream> {
        self.in_flight.as_ref()?.changed(id)
    }

    /// A stream as far as it is known. It is not looked for in the log.
    pub fn known(&self, id: StreamId) -> Option<&Stream> {
        self.batch.peek(id).or_else(|| self.below(id)).or_else(|| self.cached(id))
    }

    /// The version of a stream, as far as it is known.
    pub fn version(&self, id: StreamId) -> Version {
        self.known(id).map_or(Version::ZERO, |stream| stream.version)
    }

    /// The accounts that were ever opened for a member; missing as a stream is. They are read after the streams: whoever looks for an
    /// owner and their accounts knows of every account that was opened before the owner's version.
    pub fn owned_accounts(&self, member: MemberId) -> Option<&[AccountId]> {
        let owned = self.batch.owned.get(&member).map(Vec::as_slice);
        if owned.is_none() {
            self.batch.seen.borrow_mut().missing_owned.insert(member);
        }
        owned
    }

    /// Whether anything that was looked for is missing: what is decided meanwhile counts for nothing.
    pub fn lacks_any(&self) -> bool {
        let seen = self.batch.seen.borrow();
        !seen.missing.is_empty() || !seen.missing_owned.is_empty() || seen.is_time_missing
    }

    /// The clock of the log, as it was read just now.
    pub fn set_clock(&mut self, time: DateTime<Utc>) {
        self.clock = Some(LogClock::read(time));
    }

    /// The time by the log's clock, the same for the whole batch; missing as a stream is. The batch may be recorded a little later:
    /// what rests on a deadline asks [`UnitOfWork::has_passed`].
    pub fn log_time(&self) -> Option<DateTime<Utc>> {
        let mut seen = self.batch.seen.borrow_mut();
        seen.now = seen.now.or_else(|| self.clock.map(LogClock::now));
        seen.is_time_missing |= seen.now.is_none();
        seen.now
    }

    /// Whether a deadline has passed by the log's clock. The log takes the batch only if that is so when it is recorded.
    pub fn has_passed(&self, deadline: DateTime<Utc>) -> bool {
        let Some(now) = self.log_time() else { return false };
        let within = &mut self.batch.seen.borrow_mut().within;
        if now >= deadline {
            within.from = within.from.max(Some(deadline));
            return true;
        }
        within.before = Some(within.before.map_or(deadline, |before| before.min(deadline)));
        false
    }

    /// When the batch may be recorded.
    pub fn within(&self) -> Within {
        self.batch.seen.borrow().within
    }

    /// The next command is decided.
    pub fn begin_command(&mut self) {
        let seen = self.batch.seen.get_mut();
        (seen.met_broken, seen.met_not_fetched) = (false, None);
    }

    /// Whether the command at hand looked at a stream that cannot be folded.
    pub fn met_broken_stream(&self) -> bool {
        self.batch.seen.borrow().met_broken
    }

    /// What the command at hand looked at and must be fetched from the archive first.
    pub fn met_not_fetched(&self) -> Option<Wanted> {
        self.batch.seen.borrow().met_not_fetched
    }

    /// Whether a stream cannot be folded.
    pub fn is_broken(&self, id: StreamId) -> bool {
        self.batch.broken.contains(&id)
    }

    /// Puts one more event on a stream and gives the version it takes. A stream that is not known counts as new.
    pub fn apply(&mut self, id: StreamId, recorded: &Event) -> Result<Version, FoldError> {
        let changed = match self.batch.work.entry(id) {
            Entry::Occupied(changed) => changed.into_mut(),
            Entry::Vacant(place) => {
                let seen = self.batch.seen.get_mut();
                let below = || self.in_flight.as_ref()?.changed(id);
                let cached = || self.cache.as_ref()?.peek(&id);
                let stream = if let Some(read) = self.batch.read.get(&id) {
                    read.clone()
                } else if let Some(below) = below() {
                    seen.in_flight.insert(id);
                    below.clone()
                } else if let Some(cached) = cached() {
                    seen.cached.insert(id);
                    cached.clone()
                } else {
                    Stream::EMPTY
                };
                place.insert(Changed { before: stream.version, stream })
            }
        };
        changed.stream.apply(id, recorded)?;
        Ok(changed.stream.version)
    }

    /// The batch's changes so far, to go back to.
    pub fn savepoint(&self) -> HashMap<StreamId, Changed> {
        self.batch.work.clone()
    }

    /// Goes back to a savepoint; the empty one is the beginning of the batch.
    pub fn roll_back(&mut self, to: HashMap<StreamId, Changed>) {
        self.batch.work = to;
    }

    /// Goes back to the beginning of the batch.
    pub fn roll_back_all(&mut self) {
        self.batch.work.clear();
        let seen = self.batch.seen.get_mut();
        (seen.now, seen.within) = (None, Within::default());
    }

    /// Those of these streams that came from the cache and may be behind.
    pub fn stale(&self, ids: impl IntoIterator<Item = StreamId>) -> Vec<StreamId> {
        let seen = self.batch.seen.borrow();
        let mut stale: Vec<_> =
            ids.into_iter().filter(|id| seen.cached.contains(id) && !self.batch.read.contains_key(id)).collect();
        stale.sort_unstable();
        stale.dedup();
        stale
    }

    /// Reads what was looked for in vain, in one round trip for the streams.
    pub async fn read_missing(&mut self, log: &dyn Log) -> Result<(), ReadError> {
        let seen = self.batch.seen.get_mut();
        let (missing, owners) = (std::mem::take(&mut seen.missing), std::mem::take(&mut seen.missing_owned));
        if std::mem::take(&mut seen.is_time_missing) {
            self.set_clock(log.head().await?.now);
        }
        self.read_into(missing.iter().map(|id| (*id, Stream::EMPTY)).collect(), log).await?;
        if let Some(cache) = &mut self.cache {
            // What the batch found there is not what makes room: it would be read again for the same batch.
            for id in &self.batch.seen.get_mut().cached {
                cache.promote(id);
            }
            for id in missing {
                // That the bank has no limits is asked for by each payment too.
                let is_kept = |stream: &&Stream| id == StreamId::LIMITS || stream.state.is_worth_keeping();
                if let Some(stream) = self.batch.read.get(&id).filter(is_kept) {
                    cache.put(id, stream.clone());
                }
            }
        }
        for member in owners {
            let owned = log.owned_accounts(member).await?;
            self.batch.owned.insert(member, owned);
        }
        Ok(())
    }

    /// The same, waiting for what must be fetched from the archive: for who serves nobody else meanwhile.
    pub async fn read_missing_patiently(&mut self, log: &dyn Log) -> Result<(), ReadError> {
        self.read_missing(log).await?;
        let fetched: Vec<_> = self.batch.not_fetched.drain().collect();
        for (id, wanted) in &fetched {
            log.fetch(*wanted).await?;
            self.batch.broken.remove(id);
        }
        self.read_into(fetched.into_iter().map(|(id, _)| (id, Stream::EMPTY)).collect(), log).await
    }

    /// Reads on in streams that the batch looked at. Only before it is decided again: its own changes must have been rolled
    /// back.
    pub async fn refresh(&mut self, ids: Vec<StreamId>, log: &dyn Log) -> Result<(), ReadError> {
        let held = ids.into_iter().map(|id| (id, self.held(id))).collect();
        self.read_into(held, log).await
    }

    /// After a conflict: nothing that the batch looked at is believed. It is not kept any more, and read on.
    pub async fn refresh_all(&mut self, log: &dyn Log) -> Result<(), ReadError> {
        self.roll_back_all();
        self.batch.owned.clear();
        let mut looked_at = std::mem::take(&mut self.batch.seen.get_mut().cached);
        looked_at.extend(self.batch.read.keys());
        let looked_at: Vec<_> = looked_at.into_iter().collect();
        let read = self.refresh(looked_at.clone(), log).await;
        if let Some(cache) = &mut self.cache {
            for id in looked_at {
                cache.pop(&id);
            }
        }
        read
    }

    /// What is known of the streams that the batch changed. The states of those that have passed a multiple of `state_every` go with it.
    pub fn held_streams(&self, state_every: i64) -> Vec<HeldStream> {
        let held = |(id, Changed { before, stream }): (&StreamId, &Changed)| {
            stream.held(*id, stream.passed(*before, state_every))
        };
        self.batch.work.iter().map(held).collect()
    }

    /// An event of a stream that the batch changed was written: it stands in the commit that begins there.
    pub fn placed(&mut self, id: StreamId, newest: Position, has_row: bool) {
        self.batch.placed(id, newest, has_row);
    }

    /// Ends a batch that was written: what it changed is kept.
    pub fn keep_changed(&mut self) {
        for (id, Changed { stream, .. }) in std::mem::take(&mut self.batch.work) {
            if let Some(cache) = &mut self.cache
                && stream.state.is_worth_keeping()
            {
                cache.put(id, stream);
            }
        }
        self.begin_batch();
    }

    /// Begins the next batch.
    pub fn begin_batch(&mut self) {
        let seen = std::mem::take(self.batch.seen.get_mut());
        if let Some(cache) = &mut self.cache {
            for id in &seen.cached {
                cache.promote(id);
            }
        }
        self.batch = Layer::default();
        self.begun += 1;
    }

    /// Forgets everything, also what is kept between batches.
    pub fn forget(&mut self) {
        self.forget_cache();
        self.begin_batch();
    }

    /// Forgets what is kept between batches.
    pub fn forget_cache(&mut self) {
        if let Some(cache) = &mut self.cache {
            cache.clear();
        }
    }

    /// A stream as it was read, without what the batch changed.
    fn held(&self, id: StreamId) -> Stream {
        self.batch.read.get(&id).or_else(|| self.cached(id)).cloned().unwrap_or(Stream::EMPTY)
    }

    fn cached(&self, id: StreamId) -> Option<&Stream> {
        self.cache.as_ref()?.peek(&id)
    }

    async fn read_into(&mut self, held: Vec<(StreamId, Stream)>, log: &dyn Log) -> Result<(), ReadError> {
        let ids: Vec<_> = held.iter().map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            metrics::histogram!(self.metrics.look_up_size).record(ids.len() as f64);
        }
        for (id, loaded) in ids.into_iter().zip(load(log, held).await?) {
            match loaded {
                Ok(stream) => {
                    self.batch.read.insert(id, stream);
                }
                Err(FoldError::NotFetched { wanted, .. }) => {
                    self.batch.read.remove(&id);
                    self.batch.broken.insert(id);
                    self.batch.not_fetched.insert(id, wanted);
                }
                Err(error) => {
                    metrics::counter!(self.metrics.broken_streams).increment(1);
                    tracing::error!(
                        error = &error as &dyn Error,
                        stream.id = %id,
                        "a stream cannot be folded; commands that name it are refused"
                    );
                    self.batch.read.remove(&id);
                    self.batch.broken.insert(id);
                }
            }
        }
        Ok(())
    }
}
