//! How many streams there may be: of one principal, and of all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

/// The places of a server.
pub(crate) struct Places {
    all: usize,
    of_one: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    of: HashMap<Uuid, usize>,
}

/// A place for one stream; given back when it is dropped.
pub struct Place {
    of: Uuid,
    taken: Arc<Mutex<Taken>>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The principal has as many as it may.
    #[error("{0} streams of one principal are open")]
    OfOne(usize),
    /// The server has as many as it may.
    #[error("{0} streams are open")]
    OfAll(usize),
}

impl Places {
    pub(crate) fn new(all: usize, of_one: usize) -> Self {
        Self { all, of_one, taken: Arc::default() }
    }

    /// A place for a stream of this principal.
    pub(crate) fn take(&self, of: Uuid) -> Result<Place, NoPlace> {
        let mut taken = lock(&self.taken);
        if taken.of.get(&of).is_some_and(|count| *count >= self.of_one) {
            return Err(NoPlace::OfOne(self.of_one));
        }
        if taken.all >= self.all {
            return Err(NoPlace::OfAll(self.all));
        }
        taken.all += 1;
        *taken.of.entry(of).or_default() += 1;
        metrics::gauge!("live_streams").set(taken.all as f64);
        Ok(Place { of, taken: self.taken.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        if let Some(count) = taken.of.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                taken.of.remove(&self.of);
            }
        }
        metrics::gauge!("live_streams").set(taken.all as f64);
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back() {
        let places = Places::new(3, 2);
        let [alice, bob] = [1, 2].map(Uuid::from_u128);
        let first = places.take(alice).expect("one");
        let second = places.take(alice).expect("two");
        assert_eq!(places.take(alice).err(), Some(NoPlace::OfOne(2)));
        let _third = places.take(bob).expect("three");
        assert_eq!(places.take(bob).err(), Some(NoPlace::OfAll(3)));
        drop(first);
        let _again = places.take(bob).expect("there is one now");
        drop(second);
        assert!(lock(&places.taken).of.keys().eq([&bob]), "nothing is kept of who has none");
    }
}
