//! A set of ids that only grows: sixteen bytes for each, however many there are.

use std::collections::HashSet;

/// How many ids are kept in a hash table before they become a sorted run.
const RECENT: usize = 1 << 16;

/// Ids in sorted runs of falling length, and the newest in a hash table. A hash table of all of them would take two to
/// three times as much.
#[derive(Debug, Default)]
pub struct IdSet {
    recent: HashSet<u128>,
    runs: Vec<Vec<u128>>,
}

impl IdSet {
    /// Whether the id is there.
    pub fn contains(&self, id: u128) -> bool {
        self.recent.contains(&id) || self.runs.iter().any(|run| run.binary_search(&id).is_ok())
    }

    /// Adds an id; false if it was there.
    pub fn insert(&mut self, id: u128) -> bool {
        if self.contains(id) {
            return false;
        }
        self.recent.insert(id);
        if self.recent.len() >= RECENT {
            self.settle();
        }
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.recent.len() + self.runs.iter().map(Vec::len).sum::<usize>()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = u128> {
        self.runs.iter().flatten().chain(&self.recent).copied()
    }

    /// A run at least half as long as the one before it is merged with that, so that there are few.
    fn settle(&mut self) {
        let mut run: Vec<u128> = self.recent.drain().collect();
        run.sort_unstable();
        while let Some(before) = self.runs.pop_if(|before| before.len() < 2 * run.len()) {
            run = merge(&before, &run);
        }
        self.runs.push(run);
    }
}

impl FromIterator<u128> for IdSet {
    fn from_iter<I: IntoIterator<Item = u128>>(ids: I) -> Self {
        let mut run: Vec<u128> = ids.into_iter().collect();
        run.sort_unstable();
        run.dedup();
        Self { recent: HashSet::new(), runs: vec![run] }
    }
}

fn merge(one: &[u128], other: &[u128]) -> Vec<u128> {
    let mut merged = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.iter().copied().peekable(), other.iter().copied().peekable());
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        merged.extend(if a <= b { one.next() } else { other.next() });
    }
    merged.extend(one);
    merged.extend(other);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_there_once_over_many_runs() {
        let mut set = IdSet::default();
        let ids = || (0..5 * RECENT as u128).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        assert!(ids().all(|id| set.insert(id)));
        assert!(ids().all(|id| set.contains(id) && !set.insert(id)));
        assert!(!set.contains(7));
        assert_eq!((set.len(), set.iter().count()), (5 * RECENT, 5 * RECENT));
        assert!(set.runs.len() < 4, "{} runs", set.runs.len());
        let again: IdSet = set.iter().collect();
        assert!(ids().all(|id| again.contains(id)) && again.len() == set.len());
    }
}
