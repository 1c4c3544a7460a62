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
        self.turns.extend(had_their_share);
        // Turns say who comes into a batch; in it everybody stands where they came.
        batch.sort_unstable_by_key(|(arrived, _)| *arrived);
        batch.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{MemberId, Role};
    use uuid::Uuid;

    use super::*;

    /// Whose, which, and how heavy.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Item(u128, usize, usize);

    impl Waiting for Item {
        fn principal(&self) -> Actor {
            Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(self.0)) }
        }

        fn weight(&self) -> usize {
            self.2
        }
    }

    fn filled(capacity: usize, items: impl IntoIterator<Item = Item>) -> (Entrance<Item>, Arc<FairQueue<Item>>) {
        let (entrance, queue) = Entrance::new(capacity);
        for item in items {
            assert_eq!(entrance.push(item), Ok(None));
        }
        (entrance, queue)
    }

    fn of(principal: u128, numbers: std::ops::Range<usize>) -> impl Iterator<Item = Item> {
        numbers.map(move |number| Item(principal, number, 1))
    }

    fn whose(batch: &[Item]) -> Vec<u128> {
        batch.iter().map(|item| item.0).collect()
    }

    #[tokio::test]
    async fn each_principal_has_its_turn_and_its_own_order() {
        let (_entrance, queue) = filled(100, of(1, 0..4).chain(of(2, 0..2)).chain(of(3, 0..1)));
        assert_eq!(whose(&queue.take(5)), [1, 1, 2, 2, 3], "two of each as far as there are, as they came");
        let rest = queue.take(5);
        assert_eq!(rest, [Item(1, 2, 1), Item(1, 3, 1)]);
        assert!(queue.is_empty());
    }

    #[tokio::test]
    async fn alone_a_principal_gets_all_of_a_batch_and_with_others_a_share() {
        let (entrance, queue) = filled(4096, of(1, 0..1000));
        assert_eq!(queue.take(512).len(), 512);
        entrance.push(Item(2, 0, 1)).expect("queued");
        assert_eq!(whose(&queue.take(512)).iter().filter(|&&whose| whose == 1).count(), LEAST_SHARE);
        assert_eq!(queue.take(512).len(), LEAST_SHARE, "the other may be back at any moment");
        for other in 100..164 {
            entrance.push(Item(other, 0, 1)).expect("queued");
        }
        assert_eq!(queue.take(512).len(), 64 + 65, "no more than doubled");
    }

    #[tokio::test(start_paused = true)]
    async fn some_time_after_the_others_left_a_principal_is_alone_again() {
        let (entrance, queue) = filled(4096, of(1, 0..1000).chain(of(2, 0..1)));
        assert_eq!(queue.take(512).len(), LEAST_SHARE + 1);
        tokio::time::advance(COMPANY).await;
        assert_eq!(queue.take(512).len(), 512);
        drop(entrance);
    }

    #[tokio::test]
    async fn heavy_items_are_taken_and_nobody_passes_them() {
        let (_entrance, queue) = filled(100, [Item(1, 0, 1), Item(2, 0, 100), Item(3, 0, 1), Item(1, 1, 1)]);
        assert_eq!(whose(&queue.take(10)), [1]);
        assert_eq!(whose(&queue.take(10)), [2]);
        assert_eq!(whose(&queue.take(10)), [3, 1]);
    }

    #[tokio::test]
    async fn more_of_a_batch_is_within_its_limit_and_its_shares() {
        let (entrance, queue) = filled(4096, of(1, 0..20).chain(of(2, 0..1)));
        assert_eq!(whose(&queue.take(512)).iter().filter(|&&whose| whose == 1).count(), LEAST_SHARE);
        assert_eq!(queue.take_more(LEAST_SHARE + 1, 512), [], "it had its share");
        for item in of(3, 0..4) {
            entrance.push(item).expect("queued");
        }
        assert_eq!(whose(&queue.take_more(LEAST_SHARE + 1, LEAST_SHARE + 3)), [3, 3]);
        assert_eq!(queue.take_more(LEAST_SHARE + 3, LEAST_SHARE + 3), []);
        assert_eq!(whose(&queue.take(512)), [1, 1, 1, 1, 3, 3], "the next batch has shares of its own");
    }

    #[tokio::test]
    async fn who_waits_for_several_is_woken_for_so_many() {
        let (entrance, queue) = filled(4, of(1, 0..1));
        let consumer = queue.clone();
        let waiting = tokio::spawn(async move { consumer.ready_for(3).await.then(|| consumer.take(10).len()) });
        tokio::task::yield_now().await;
        entrance.push(Item(1, 1, 1)).expect("queued");
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        entrance.push(Item(1, 2, 1)).expect("queued");
        assert_eq!(waiting.await.expect("no panic"), Some(3));
        entrance.push(Item(1, 3, 1)).expect("queued");
        queue.close();
        assert!(!queue.ready_for(2).await, "one waits, and none will come");
        assert!(queue.ready().await);
    }

    #[tokio::test]
    async fn in_a_full_queue_the_longest_line_gives_way() {
        let (entrance, queue) = filled(4, of(1, 0..4));
        assert_eq!(entrance.push(Item(1, 4, 1)), Err(NotQueued::Full), "it is its own line that is full");
        assert_eq!(entrance.push(Item(2, 0, 1)), Ok(Some(Item(1, 3, 1))), "the newest");
        assert_eq!(entrance.push(Item(2, 1, 1)), Ok(Some(Item(1, 2, 1))));
        assert_eq!(entrance.push(Item(2, 2, 1)), Err(NotQueued::Full), "they have two each");
        assert_eq!(entrance.push(Item(3, 0, 1)).map(|displaced| displaced.is_some()), Ok(true));
        assert_eq!(entrance.push(Item(4, 0, 1)).map(|displaced| displaced.is_some()), Ok(true));
        assert_eq!(entrance.push(Item(5, 0, 1)), Err(NotQueued::Full), "they have one each");
        assert_eq!((entrance.waiting(), queue.take(10).len()), (4, 4));
    }

    #[tokio::test]
    async fn a_closed_queue_gives_what_it_has() {
        let (entrance, queue) = filled(4, of(1, 0..2));
        queue.close();
        assert_eq!(entrance.push(Item(2, 0, 1)), Err(NotQueued::Closed));
        assert!(queue.ready().await);
        assert_eq!(queue.take(10).len(), 2);
        assert!(!queue.ready().await);
    }

    #[tokio::test]
    async fn without_a_way_in_nothing_more_comes() {
        let (entrance, queue) = filled(4, []);
        let waiting = tokio::spawn(async move { queue.ready().await });
        tokio::task::yield_now().await;
        drop(entrance);
        assert!(!waiting.await.expect("no panic"));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let (entrance, queue) = filled(4, []);
        let waiting = tokio::spawn(async move { queue.ready().await.then(|| queue.take(10)) });
        tokio::task::yield_now().await;
        entrance.push(Item(1, 0, 1)).expect("queued");
        assert_eq!(waiting.await.expect("no panic"), Some(vec![Item(1, 0, 1)]));
    }
}
