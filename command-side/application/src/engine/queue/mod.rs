//! The commands that wait: a line for each principal, served in turns, so that nobody waits for another's backlog.
//!
//! The technique is stochastic fair queueing (McKenney, 1990) without the hashing, since principals are known: one command of
//! each line in turn, and in a full queue the longest line gives way.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::Actor;
use tokio::{sync::Notify, time::Instant};

/// In a batch with others, a principal gets as much as there are principals in it, and at least this much. An append takes a
/// fixed time and some for each command: a share this small adds less than the fixed time.
const LEAST_SHARE: usize = 16;
/// For so long after others were there a principal gets no more than a share. Else each pause of theirs would be filled with one
/// long append, and their next command would wait for it.
const COMPANY: Duration = Duration::from_secs(10);

/// What can wait.
pub trait Waiting {
    /// Whose line it stands in.
    fn principal(&self) -> Actor;

    /// How much of a batch it takes.
    fn weight(&self) -> usize;
}

/// Why nothing more is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotQueued {
    /// It is full, and no other principal has a longer line.
    Full,
    /// It is closed.
    Closed,
}

/// The way in. The queue is closed when it is dropped.
pub struct Entrance<T>(Arc<FairQueue<T>>);

/// A bounded queue with one consumer.
pub struct FairQueue<T> {
    lines: Mutex<Lines<T>>,
    arrived: Notify,
    capacity: usize,
}

struct Lines<T> {
    /// Never an empty one.
    by_principal: HashMap<Actor, Line<T>>,
    /// The principals with a line, the next one first.
    turns: VecDeque<Actor>,
    waiting: usize,
    /// How many ever came.
    arrived: u64,
    batch: u64,
    /// What all that was taken weighs.
    taken: u64,
    last_served: Option<Actor>,
    /// When more than one principal was last served.
    shared_at: Option<Instant>,
    /// At how many the consumer is woken.
    wanted: usize,
    is_closed: bool,
}

struct Line<T> {
    /// Each with its place among all that ever came.
    items: VecDeque<(u64, T)>,
    /// What was taken of it, in which batch.
    taken: (u64, usize),
}

impl<T> Entrance<T> {
    /// A queue for this many, and its way in.
    pub fn new(capacity: usize) -> (Self, Arc<FairQueue<T>>) {
        let lines = Lines {
            by_principal: HashMap::new(),
            turns: VecDeque::new(),
            waiting: 0,
            arrived: 0,
            batch: 0,
            taken: 0,
            last_served: None,
            shared_at: None,
            wanted: 1,
            is_closed: false,
        };
        let queue = Arc::new(FairQueue { lines: Mutex::new(lines), arrived: Notify::new(), capacity: capacity.max(1) });
        (Self(queue.clone()), queue)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.0.lines().waiting
    }

    /// How much was taken so far, by weight.
    pub fn taken(&self) -> u64 {
        self.0.lines().taken
    }

    /// Whether nothing more is taken in.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl<T: Waiting> Entrance<T> {
    /// Puts an item at the end of its principal's line. In a full queue the newest item of the longest line gives way and is given
    /// back, if that line is longer than this one.
    pub fn push(&self, item: T) -> Result<Option<T>, NotQueued> {
        let mut lines = self.0.lines();
        if lines.is_closed {
            return Err(NotQueued::Closed);
        }
        let displaced = match lines.waiting < self.0.capacity {
            true => None,
            false => Some(lines.displace(item.principal()).ok_or(NotQueued::Full)?),
        };
        lines.push(item);
        let are_enough = lines.waiting == lines.wanted;
        drop(lines);
        // The consumer waits only while there are fewer.
        if are_enough {
            self.0.arrived.notify_one();
        }
        Ok(displaced)
    }
}

impl<T> Drop for Entrance<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T> FairQueue<T> {
    /// Takes nothing more in; what waits stays.
    pub fn close(&self) {
        self.lines().is_closed = true;
        self.arrived.notify_one();
    }

    /// Takes nothing more in, and drops what waits.
    pub fn abandon(&self) {
        let mut lines = self.lines();
        lines.is_closed = true;
        lines.waiting = 0;
        lines.turns.clear();
        // To drop an item is to answer it.
        let dropped = std::mem::take(&mut lines.by_principal);
        drop(lines);
        drop(dropped);
    }

    pub fn is_closed(&self) -> bool {
        self.lines().is_closed
    }

    pub fn is_empty(&self) -> bool {
        self.lines().waiting == 0
    }

    /// Waits until there is something. `false` if there is nothing and nothing will come.
    pub async fn ready(&self) -> bool {
        self.ready_for(1).await
    }

    /// Waits until there are so many. `false` if there are fewer and nothing will come.
    pub async fn ready_for(&self, wanted: usize) -> bool {
        loop {
            {
                let mut lines = self.lines();
                lines.wanted = wanted;
                if lines.waiting >= wanted {
                    return true;
                }
                if lines.is_closed {
                    return false;
                }
            }
            self.arrived.notified().await;
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines<T>> {
        // Nothing that can panic runs under the lock.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Waiting> FairQueue<T> {
    /// Puts back what was taken and could not be dealt with yet, at the end of its line, also into a full queue. A queue that takes
    /// nothing more in gives it back.
    pub fn put_back(&self, item: T) -> Result<(), T> {
        let mut lines = self.lines();
        if lines.is_closed {
            return Err(item);
        }
        lines.push(item);
        drop(lines);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next batch: one item of each line in turn, until the batch weighs `limit` or all shares are taken. The first item is
    /// taken whatever it weighs. A batch is in the order of arrival.
    pub fn take(&self, limit: usize) -> Vec<T> {
        self.lines().begin_batch();
        self.take_more(0, limit)
    }

    /// More of the batch that was begun last and weighs so much so far: what came since, within the same limit and shares.
    pub fn take_more(&self, weight: usize, limit: usize) -> Vec<T> {
        let mut lines = self.lines();
        let share = lines.share(limit);
        lines.take(weight, limit, share)
    }
}

impl<T: Waiting> Lines<T> {
    fn push(&mut self, item: T) {
        let principal = item.principal();
        let line = self.by_principal.entry(principal).or_insert_with(|| {
            self.turns.push_back(principal);
            Line { items: VecDeque::new(), taken: (0, 0) }
        });
        line.items.push_back((self.arrived, item));
        self.arrived += 1;
        self.waiting += 1;
    }

    /// Takes the newest item of the longest line, unless it is no longer than the line of `principal` would be.
    fn displace(&mut self, principal: Actor) -> Option<T> {
        // Every line has one: there is no longest.
        if self.waiting == self.turns.len() {
            return None;
        }
        let own = self.by_principal.get(&principal).map_or(0, |line| line.items.len());
        let longest = self.by_principal.values_mut().max_by_key(|line| line.items.len())?;
        if longest.items.len() <= own + 1 {
            return None;
        }
        self.waiting -= 1;
        longest.items.pop_back().map(|(_, item)| item)
    }

    fn begin_batch(&mut self) {
        self.batch += 1;
    }

    /// How much of the batch one principal gets.
    fn share(&mut self, limit: usize) -> usize {
        let now = Instant::now();
        let next = self.turns.front().copied();
        let is_another = self.last_served.is_some() && next.is_some() && next != self.last_served;
        if self.turns.len() > 1 || is_another {
            self.shared_at = Some(now);
        }
        match self.shared_at {
            Some(at) if now - at < COMPANY => self.turns.len().max(LEAST_SHARE),
            _ => limit,
        }
    }

    fn take(&mut self, weight: usize, limit: usize, share: usize) -> Vec<T> {
        let mut batch = Vec::with_capacity(self.waiting.min(limit));
        let mut had_their_share = Vec::new();
        let mut total = weight;
        while total < limit
            && let Some(principal) = self.turns.pop_front()
        {
            let Some(line) = self.by_principal.get_mut(&principal) else { continue };
            let taken = if line.taken.0 == self.batch { line.taken.1 } else { 0 };
            let weight = line.items.front().map_or(0, |(_, item)| item.weight());
            if total > 0 && total + weight > limit {
                self.turns.push_front(principal);
                break;
            }
            if taken > 0 && taken + weight > share {
                had_their_share.push(principal);
                continue;
            }
            line.taken = (self.batch, taken + weight);
            batch.extend(line.items.pop_front());
            match line.items.is_empty() {
                true => drop(self.by_principal.remove(&principal)),
                false => self.turns.push_back(principal),
            }
            total += weight;
            self.last_served = Some(principal);
        }
        self.waiting -= batch.len();
        self.taken += u64::try_from(total - weight).unwrap_or(0);
        self.turns.extend(had_their_share);
        // Turns say who comes into a batch; in it everybody stands where they came.
        batch.sort_unstable_by_key(|(arrived, _)| *arrived);
        batch.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests;
