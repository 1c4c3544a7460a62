//! What processes know, in memory: for tests that run on the log in memory. The one in Postgres has tests of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::Position;
use log::{InstanceFilter, InstanceState, Leadership, ProcessInstance, ProcessStore, ReadError};
use serde_json::Value;
use uuid::Uuid;

#[derive(Default)]
pub struct MemoryProcesses {
    taken: Arc<AtomicBool>,
    epoch: AtomicI64,
    /// How often a leader has kept house: swept the vault, and then forgotten what was done long ago.
    pub swept: AtomicI64,
    /// Whether every write fails.
    pub is_broken: AtomicBool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    cursors: BTreeMap<String, Position>,
    instances: BTreeMap<(String, Uuid), ProcessInstance>,
}

struct Held {
    epoch: i64,
    taken: Arc<AtomicBool>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.taken.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl Leadership for Held {
    fn epoch(&self) -> i64 {
        self.epoch
    }

    fn is_held(&self) -> bool {
        true
    }

    async fn release(self: Box<Self>) {}
}

impl MemoryProcesses {
    fn which(&self, fits: impl Fn(&ProcessInstance) -> bool) -> Vec<ProcessInstance> {
        let kept = self.kept.lock().expect("whole");
        let mut found: Vec<_> = kept.instances.values().filter(|instance| fits(instance)).cloned().collect();
        found.sort_by_key(|instance| (instance.due, instance.instance));
        found
    }

    /// Another server takes the lead while the one before believes that it has it.
    pub fn depose(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// The instances of a process, with what each is doing.
    pub fn states(&self, process: &str) -> Vec<(Uuid, InstanceState)> {
        self.which(|instance| instance.process == process).iter().map(|one| (one.instance, one.state)).collect()
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        format!("{:?}", self.kept.lock().expect("whole").instances)
    }
}

fn holds(data: &Value, wanted: &Value) -> bool {
    wanted.as_object().is_none_or(|wanted| wanted.iter().all(|(name, value)| data.get(name) == Some(value)))
}

#[async_trait]
impl ProcessStore for MemoryProcesses {
    async fn try_lead(&self, _: &str) -> Result<Option<Box<dyn Leadership>>, ReadError> {
        if self.taken.swap(true, Ordering::SeqCst) {
            return Ok(None);
        }
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Some(Box::new(Held { epoch, taken: self.taken.clone() })))
    }

    async fn cursor(&self, process: &str) -> Result<Position, ReadError> {
        Ok(self.kept.lock().expect("whole").cursors.get(process).copied().unwrap_or_default())
    }

    async fn keep(
        &self,
        epoch: i64,
        cursors: &[(&str, Position)],
        instances: &[ProcessInstance],
    ) -> Result<bool, ReadError> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("broken by the test".into()));
        }
        if self.epoch.load(Ordering::SeqCst) != epoch {
            return Ok(false);
        }
        let mut kept = self.kept.lock().expect("whole");
        kept.cursors.extend(cursors.iter().map(|(name, position)| ((*name).to_owned(), *position)));
        for instance in instances {
            kept.instances.insert((instance.process.clone(), instance.instance), instance.clone());
        }
        Ok(true)
    }

    async fn due(&self, process: &str, now: DateTime<Utc>, limit: i64) -> Result<Vec<ProcessInstance>, ReadError> {
        let mut due = self.which(|one| one.process == process && one.due.is_some_and(|due| due <= now));
        due.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(due)
    }

    async fn find(&self, ids: &[(&str, Uuid)]) -> Result<Vec<ProcessInstance>, ReadError> {
        Ok(self.which(|one| ids.contains(&(one.process.as_str(), one.instance))))
    }

    async fn named(&self, instance: Uuid) -> Result<Vec<ProcessInstance>, ReadError> {
        Ok(self.which(|one| one.instance == instance))
    }

    async fn instances(&self, filter: &InstanceFilter<'_>, _: i64) -> Result<Vec<ProcessInstance>, ReadError> {
        Ok(self.which(|one| {
            filter.process.is_none_or(|process| one.process == process)
                && filter.state.is_none_or(|state| one.state == state)
                && filter.data.as_ref().is_none_or(|wanted| holds(&one.data, wanted))
        }))
    }

    async fn count(&self) -> Result<Vec<(String, InstanceState, i64)>, ReadError> {
        let mut counts = BTreeMap::<(String, InstanceState), i64>::new();
        for one in self.which(|_| true) {
            *counts.entry((one.process, one.state)).or_default() += 1;
        }
        Ok(counts.into_iter().map(|((process, state), count)| (process, state, count)).collect())
    }

    async fn retry(&self, process: &str, instance: Uuid, note: &str) -> Result<bool, ReadError> {
        let mut kept = self.kept.lock().expect("whole");
        let Some(one) = kept.instances.get_mut(&(process.to_owned(), instance)) else { return Ok(false) };
        if !matches!(one.state, InstanceState::Stuck | InstanceState::Waiting) {
            return Ok(false);
        }
        (one.state, one.tries, one.note) = (InstanceState::Running, 0, Some(note.to_owned()));
        one.due = Some(DateTime::UNIX_EPOCH);
        Ok(true)
    }

    async fn forget_done(&self, _: i64, before: DateTime<Utc>) -> Result<u64, ReadError> {
        self.swept.fetch_add(1, Ordering::SeqCst);
        let mut kept = self.kept.lock().expect("whole");
        let had = kept.instances.len();
        kept.instances.retain(|_, one| one.state != InstanceState::Done || one.changed_at >= before);
        Ok((had - kept.instances.len()) as u64)
    }
}
