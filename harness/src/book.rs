//! What a provider has done, by key.

use std::{
    collections::{BTreeMap, btree_map},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use kernel::Money;
use serde::{Deserialize, Serialize};

/// One order, or a key under which none may come any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose order.
    pub key: String,
    /// What it is about.
    pub subject: String,
    /// How much; nothing if the key was undone before an order came.
    pub money: Option<Money>,
    /// A digest of the whole order, by which another one under the same key is known.
    pub digest: String,
    /// What becomes of it at `stands_at`.
    pub outcome: Outcome,
    /// When it is decided.
    pub stands_at: DateTime<Utc>,
    /// Whether it was undone.
    pub is_undone: bool,
    /// What only the buyer may know.
    pub secret: Option<String>,
}

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is carried out.
    Done,
    /// It is refused, for this reason.
    Refused(String),
    /// It is carried out, and what was paid comes back.
    Returned,
    /// It is carried out and cannot be undone any more.
    Spent,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is not decided.
    Pending,
    /// It is carried out.
    Done,
    /// It is refused.
    Refused,
    /// What was paid has come back.
    Returned,
    /// It was undone.
    Undone,
}

impl Entry {
    /// Where it stands now.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        match &self.outcome {
            _ if self.is_undone => State::Undone,
            _ if now < self.stands_at => State::Pending,
            Outcome::Done | Outcome::Spent => State::Done,
            Outcome::Refused(_) => State::Refused,
            Outcome::Returned => State::Returned,
        }
    }
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is new.
    New(Entry),
    /// It was taken before.
    Known(Entry),
    /// Its key was used for another one.
    KeyReused,
}

/// The entries, in memory and in a file if there is one.
#[derive(Debug)]
pub struct Book {
    entries: Mutex<BTreeMap<String, Entry>>,
    file: Option<PathBuf>,
}

impl Book {
    /// What the file holds; empty without one.
    pub fn open(file: Option<PathBuf>) -> Result<Self> {
        let entries = match file.as_deref().filter(|file| file.exists()) {
            Some(file) => {
                read(file).with_context(|| format!("{} cannot be read: remove it to begin anew", file.display()))?
            }
            None => BTreeMap::new(),
        };
        Ok(Self { entries: Mutex::new(entries), file })
    }

    /// Takes an order once. With `is_exclusive` a subject that has an order is refused to any other.
    pub fn take(&self, mut entry: Entry, is_exclusive: bool) -> io::Result<Taken> {
        let mut entries = self.lock();
        if let Some(known) = entries.get(&entry.key) {
            let is_same = known.money.is_none() || known.digest == entry.digest;
            return Ok(if is_same { Taken::Known(known.clone()) } else { Taken::KeyReused });
        }
        let holds = |known: &Entry| known.money.is_some() && !matches!(known.outcome, Outcome::Refused(_));
        if is_exclusive && entries.values().any(|known| known.subject == entry.subject && holds(known)) {
            entry.outcome = Outcome::Refused("payment-taken".to_owned());
        }
        entries.insert(entry.key.clone(), entry.clone());
        self.save(&entries)?;
        Ok(Taken::New(entry))
    }

    /// The entry with this key.
    pub fn find(&self, key: &str) -> Option<Entry> {
        self.lock().get(key).cloned()
    }

    /// Undoes what `may` says can be undone. A key that nobody used cannot be used any more: `never` is what stands there then.
    /// The entry as it is afterwards.
    pub fn undo(&self, never: Entry, may: impl FnOnce(&Entry) -> bool) -> io::Result<Entry> {
        let mut entries = self.lock();
        let entry = match entries.entry(never.key.clone()) {
            btree_map::Entry::Vacant(place) => place.insert(never).clone(),
            btree_map::Entry::Occupied(mut place) => {
                let may = may(place.get());
                place.get_mut().is_undone |= may;
                place.get().clone()
            }
        };
        self.save(&entries)?;
        Ok(entry)
    }

    /// Every entry, in the order of the keys.
    pub fn all(&self) -> Vec<Entry> {
        self.lock().values().cloned().collect()
    }

    /// Forgets everything.
    pub fn forget(&self) -> io::Result<()> {
        let mut entries = self.lock();
        entries.clear();
        self.save(&entries)
    }

    /// A crash leaves the old file or the new one.
    fn save(&self, entries: &BTreeMap<String, Entry>) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let new = file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(entries)?)?;
        std::fs::File::open(&new)?.sync_all()?;
        std::fs::rename(new, file)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> Result<BTreeMap<String, Entry>> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}
