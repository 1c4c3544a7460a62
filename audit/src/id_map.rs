//! A map of ids that only grows: sixteen bytes for each and its value, however many there are.

use std::collections::{BTreeMap, BTreeSet};

/// How many ids are kept in a tree before they become a sorted run.
const RECENT: usize = 1 << 16;

/// Ids in sorted runs of falling length, and the newest in a tree. A hash table of all of them would take two to three times as
/// much, and could not be read in the order of ids.
#[derive(Debug)]
pub struct IdMap<V> {
    recent: BTreeMap<u128, V>,
    runs: Vec<Run<V>>,
}

/// Ids without values.
pub type IdSet = IdMap<()>;

/// Ids in order, and their values beside them: together they would take more, for a value would be aligned like an id.
#[derive(Debug)]
struct Run<V> {
    ids: Vec<u128>,
    values: Vec<V>,
}

impl<V> Default for IdMap<V> {
    fn default() -> Self {
        Self { recent: BTreeMap::new(), runs: Vec::new() }
    }
}

impl<V: Copy> IdMap<V> {
    /// The value of an id.
    pub fn get(&self, id: u128) -> Option<V> {
        let in_run = |run: &Run<V>| run.ids.binary_search(&id).ok().and_then(|place| run.values.get(place).copied());
        self.recent.get(&id).copied().or_else(|| self.runs.iter().find_map(in_run))
    }

    /// Whether the id is there.
    pub fn contains(&self, id: u128) -> bool {
        self.get(id).is_some()
    }

    /// Adds an id with its value; false, and nothing changes, if it was there.
    pub fn add(&mut self, id: u128, value: V) -> bool {
        if self.contains(id) {
            return false;
        }
        self.recent.insert(id, value);
        if self.recent.len() >= RECENT {
            self.settle();
        }
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.recent.len() + self.runs.iter().map(|run| run.ids.len()).sum::<usize>()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u128, V)> {
        let in_runs = self.runs.iter().flat_map(|run| run.ids.iter().copied().zip(run.values.iter().copied()));
        in_runs.chain(self.recent.iter().map(|(id, value)| (*id, *value)))
    }

    /// Puts the ids from one to another, both included, into a set.
    pub fn between(&self, from: u128, to: u128, found: &mut BTreeSet<u128>) {
        for run in &self.runs {
            let begin = run.ids.partition_point(|id| *id < from);
            found.extend(run.ids[begin..].iter().take_while(|id| **id <= to));
        }
        found.extend(self.recent.range(from..=to).map(|(id, _)| *id));
    }

    /// A run at least half as long as the one before it is merged with that, so that there are few.
    fn settle(&mut self) {
        let (ids, values) = std::mem::take(&mut self.recent).into_iter().unzip();
        let mut run = Run { ids, values };
        while let Some(before) = self.runs.pop_if(|before| before.ids.len() < 2 * run.ids.len()) {
            run = before.merge(run);
        }
        self.runs.push(run);
    }
}

impl IdSet {
    /// Adds an id; false if it was there.
    pub fn insert(&mut self, id: u128) -> bool {
        self.add(id, ())
    }
}

impl<V: Copy> FromIterator<(u128, V)> for IdMap<V> {
    fn from_iter<I: IntoIterator<Item = (u128, V)>>(ids: I) -> Self {
        let mut all: Vec<(u128, V)> = ids.into_iter().collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all.dedup_by_key(|(id, _)| *id);
        let (ids, values) = all.into_iter().unzip();
        Self { recent: BTreeMap::new(), runs: vec![Run { ids, values }] }
    }
}

impl<V: Copy> Run<V> {
    fn merge(self, other: Self) -> Self {
        let count = self.ids.len() + other.ids.len();
        let mut merged = Self { ids: Vec::with_capacity(count), values: Vec::with_capacity(count) };
        let (mut a, mut b) = (self.pairs().peekable(), other.pairs().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(one), Some(two)) if one.0 > two.0 => b.next(),
                (Some(_), _) => a.next(),
                (None, _) => b.next(),
            };
            let Some((id, value)) = next else { return merged };
            merged.ids.push(id);
            merged.values.push(value);
        }
    }

    fn pairs(self) -> impl Iterator<Item = (u128, V)> {
        self.ids.into_iter().zip(self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> impl Iterator<Item = u128> {
        (0..5 * RECENT as u128 + 9).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }

    #[test]
    fn every_id_is_there_once_with_its_value_over_many_runs() {
        let mut map = IdMap::default();
        assert!(ids().zip(0..).all(|(id, value)| map.add(id, value)));
        assert!(ids().zip(0..).all(|(id, value)| map.get(id) == Some(value) && !map.add(id, 0)));
        assert!(!map.contains(7));
        assert_eq!((map.len(), map.iter().count()), (ids().count(), ids().count()));
        assert!(map.runs.len() < 4, "{} runs", map.runs.len());
        let again: IdMap<i32> = map.iter().collect();
        assert!(ids().zip(0..).all(|(id, value)| again.get(id) == Some(value)) && again.len() == map.len());
    }

    #[test]
    fn a_range_of_ids_is_in_order_and_holds_both_its_ends() {
        let mut set = IdSet::default();
        assert!(ids().all(|id| set.insert(id)));
        let mut sorted: Vec<u128> = ids().collect();
        sorted.sort_unstable();
        for (from, to) in [(0, 10), (70_000, 90_000), (300_000, sorted.len() - 1)] {
            let mut found = BTreeSet::new();
            set.between(sorted[from], sorted[to], &mut found);
            assert!(found.iter().eq(&sorted[from..=to]), "{from}..={to}: {}", found.len());
        }
    }
}
