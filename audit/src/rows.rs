//! Rows as text, and what is made of them: a digest of any number of rows in bounded memory, or the rows themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Display, Write},
    hash::{DefaultHasher, Hash, Hasher},
};

use sha2::{Digest, Sha256};

/// How many buckets a table is divided into. A difference is looked for among one bucket's rows only.
const BUCKETS: usize = 4096;

/// One row, written as text cell by cell; used again for the next row.
#[derive(Debug, Default)]
pub struct Cells {
    text: String,
    ends: Vec<(&'static str, usize, bool)>,
}

impl Cells {
    /// Empties the row.
    pub fn clear(&mut self) -> &mut Self {
        self.text.clear();
        self.ends.clear();
        self
    }

    /// A cell.
    pub fn put(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{value}");
        self.ends.push((name, self.text.len(), true));
        self
    }

    /// A cell that may be null.
    pub fn maybe(&mut self, name: &'static str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.put(name, value),
            None => {
                self.ends.push((name, self.text.len(), false));
                self
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        let mut start = 0;
        self.ends.iter().map(move |&(name, end, there)| {
            let text = &self.text[start..end];
            start = end;
            (name, there.then_some(text))
        })
    }

    fn hash(&self, key: &str) -> u128 {
        let mut hash = Sha256::new();
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(key);
        for (name, value) in self.iter() {
            hash.update(name);
            hash.update(value.map_or(u64::MAX, |v| v.len() as u64).to_be_bytes());
            hash.update(value.unwrap_or_default());
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        u128::from_be_bytes(first)
    }
}

/// Takes rows in any order.
pub trait Sink {
    /// A row.
    fn row(&mut self, key: &str, cells: &Cells);

    /// Cells that were added to a row of that key, earlier or later.
    fn aspect(&mut self, key: &str, cells: &Cells);
}

/// Sums of hashes by bucket. Two tables with the same rows have the same sums, in whatever order the rows came.
#[derive(Clone, Debug)]
pub struct Tally {
    buckets: Vec<u128>,
    /// How many rows there were.
    pub rows: u64,
}

impl Tally {
    pub fn new() -> Self {
        Self { buckets: vec![0; BUCKETS], rows: 0 }
    }

    /// The digest of all the rows.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.rows.to_be_bytes());
        self.buckets.iter().for_each(|sum| hash.update(sum.to_be_bytes()));
        hex::encode(&hash.finalize()[..8])
    }

    /// The buckets in which two tables differ.
    pub fn differing(&self, other: &Self) -> BTreeSet<usize> {
        (0..BUCKETS).filter(|&b| self.buckets[b] != other.buckets[b]).collect()
    }
}

impl Sink for Tally {
    fn row(&mut self, key: &str, cells: &Cells) {
        self.rows += 1;
        self.aspect(key, cells);
    }

    fn aspect(&mut self, key: &str, cells: &Cells) {
        let bucket = &mut self.buckets[bucket(key)];
        *bucket = bucket.wrapping_add(cells.hash(key));
    }
}

fn bucket(key: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (hasher.finish() % BUCKETS as u64) as usize
}

/// A row that was kept: how often it was there, and its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Kept {
    times: u32,
    cells: BTreeMap<&'static str, Option<String>>,
}

/// Keeps the rows of some buckets.
#[derive(Debug)]
pub struct Collector {
    wanted: BTreeSet<usize>,
    rows: BTreeMap<String, Kept>,
}

impl Collector {
    /// Keeps the rows of these buckets.
    pub fn new(wanted: BTreeSet<usize>) -> Self {
        Self { wanted, rows: BTreeMap::new() }
    }

    fn kept(&mut self, key: &str) -> Option<&mut Kept> {
        if !self.wanted.contains(&bucket(key)) {
            return None;
        }
        Some(self.rows.entry(key.to_owned()).or_default())
    }
}

impl Sink for Collector {
    fn row(&mut self, key: &str, cells: &Cells) {
        if let Some(kept) = self.kept(key) {
            kept.times += 1;
        }
        self.aspect(key, cells);
    }

    fn aspect(&mut self, key: &str, cells: &Cells) {
        if let Some(kept) = self.kept(key) {
            kept.cells.extend(cells.iter().map(|(name, value)| (name, value.map(str::to_owned))));
        }
    }
}

/// The rows of these buckets in which a view differs from the log, one line each.
pub fn differences(log: &Collector, view: &Collector, buckets: &BTreeSet<usize>) -> Vec<String> {
    let keys = log.rows.keys().chain(view.rows.keys()).filter(|key| buckets.contains(&bucket(key)));
    let keys: BTreeSet<&String> = keys.collect();
    keys.into_iter().filter_map(|key| difference(key, log.rows.get(key), view.rows.get(key))).collect()
}

fn difference(key: &str, log: Option<&Kept>, view: Option<&Kept>) -> Option<String> {
    let (log, view) = (log.filter(|k| k.times > 0), view.filter(|k| k.times > 0));
    match (log, view) {
        (Some(_), None) => Some(format!("{key}: missing from the view")),
        (None, Some(_)) => Some(format!("{key}: in the view, but not in the log")),
        (Some(log), Some(view)) if log.times != view.times => {
            Some(format!("{key}: {} times in the view instead of {}", view.times, log.times))
        }
        (Some(log), Some(view)) if log.cells != view.cells => Some(format!("{key}: {}", cells(log, view))),
        _ => None,
    }
}

/// The cells that differ.
fn cells(log: &Kept, view: &Kept) -> String {
    let names: BTreeSet<_> = log.cells.keys().chain(view.cells.keys()).collect();
    let shown = |kept: &Kept, name| match kept.cells.get(name) {
        Some(Some(text)) => text.clone(),
        _ => "null".to_owned(),
    };
    let differing = names.into_iter().filter(|name| log.cells.get(*name) != view.cells.get(*name));
    let texts = differing.map(|name| format!("{name} is {} but should be {}", shown(view, name), shown(log, name)));
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sink: &mut dyn Sink, rows: &[(&str, Option<&str>)]) {
        let mut cells = Cells::default();
        for (key, value) in rows {
            sink.row(key, cells.clear().put("a", 1).maybe("b", *value));
        }
    }

    fn tally(of: &[(&str, Option<&str>)]) -> Tally {
        let mut tally = Tally::new();
        rows(&mut tally, of);
        tally
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let one = tally(&[("x", Some("1")), ("y", None)]);
        assert_eq!(one.digest(), tally(&[("y", None), ("x", Some("1"))]).digest());
        for other in [
            tally(&[("x", Some("1"))]),
            tally(&[("x", Some("1")), ("y", None), ("y", None)]),
            tally(&[("x", Some("1")), ("y", Some(""))]),
            tally(&[("x", Some("")), ("y", Some("1"))]),
        ] {
            assert_ne!(one.digest(), other.digest());
            assert!(!one.differing(&other).is_empty());
        }
    }

    #[test]
    fn cells_do_not_run_into_one_another() {
        let mut cells = Cells::default();
        let one = cells.clear().put("a", "12").put("b", "3").hash("k");
        assert_ne!(one, cells.clear().put("a", "1").put("b", "23").hash("k"));
    }

    #[test]
    fn an_aspect_is_part_of_its_row_whenever_it_comes() {
        let mut cells = Cells::default();
        let (mut one, mut two) = (tally(&[("x", None)]), Tally::new());
        one.aspect("x", cells.clear().put("c", 1));
        two.aspect("x", &cells);
        rows(&mut two, &[("x", None)]);
        assert_eq!(one.digest(), two.digest());
    }

    #[test]
    fn differences_name_row_and_cell() {
        let all = || Collector::new((0..BUCKETS).collect());
        let (mut log, mut view) = (all(), all());
        rows(&mut log, &[("a", Some("1")), ("b", Some("1")), ("d", None), ("e", Some("1"))]);
        rows(&mut view, &[("a", Some("1")), ("c", Some("1")), ("d", None), ("d", None), ("e", None)]);
        let found = differences(&log, &view, &(0..BUCKETS).collect());
        assert_eq!(
            found,
            [
                "b: missing from the view",
                "c: in the view, but not in the log",
                "d: 2 times in the view instead of 1",
                "e: b is null but should be 1",
            ]
        );
    }
}
