//! What waits to be hashed: bounded, in order, and taken by hands of different patience.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A bounded queue whose items know how long they have waited.
pub(super) struct Queue<T> {
    limit: usize,
    waiting: Mutex<Waiting<T>>,
    bell: Condvar,
}

struct Waiting<T> {
    items: VecDeque<(Instant, T)>,
    closed: bool,
}

impl<T> Queue<T> {
    /// With room for so many.
    pub fn new(limit: usize) -> Self {
        let waiting = Mutex::new(Waiting { items: VecDeque::with_capacity(limit), closed: false });
        Self { limit, waiting, bell: Condvar::new() }
    }

    /// Puts one at the end; `false` if there is no room.
    pub fn put(&self, item: T) -> bool {
        let mut waiting = self.lock();
        if waiting.closed || waiting.items.len() >= self.limit {
            return false;
        }
        waiting.items.push_back((Instant::now(), item));
        drop(waiting);
        self.bell.notify_all();
        true
    }

    /// The first, once it has waited so long; none when the queue is closed.
    pub fn take(&self, patience: Duration) -> Option<T> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            let age = waiting.items.front().map(|(since, _)| since.elapsed());
            waiting = match age.map(|age| patience.saturating_sub(age)) {
                Some(Duration::ZERO) => return waiting.items.pop_front().map(|(_, item)| item),
                Some(left) => self.bell.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Nothing is put or taken any more; what waits is dropped.
    pub fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.items.clear();
        drop(waiting);
        self.bell.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        // A list of jobs is whole after any panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn it_is_bounded_and_in_order() {
        let queue = Queue::new(2);
        assert!(queue.put(1) && queue.put(2) && !queue.put(3));
        assert_eq!((queue.take(Duration::ZERO), queue.take(Duration::ZERO)), (Some(1), Some(2)));
        assert!(queue.put(4));
        queue.close();
        assert_eq!(queue.take(Duration::ZERO), None, "what waited is dropped");
        assert!(!queue.put(5));
    }

    #[test]
    fn a_patient_hand_takes_only_what_has_waited() {
        let queue = Arc::new(Queue::new(2));
        let (patience, since) = (Duration::from_millis(200), Instant::now());
        let patient = thread::spawn({
            let queue = queue.clone();
            move || queue.take(patience)
        });
        assert!(queue.put(1));
        assert_eq!(queue.take(Duration::ZERO), Some(1), "the first hand is faster");
        assert!(queue.put(2));
        assert_eq!(patient.join().expect("a hand"), Some(2));
        assert!(since.elapsed() >= patience);
    }
}
