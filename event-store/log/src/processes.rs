//! The port of the processes: how far each has followed the log, and what it is seeing through.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::Position;
use serde_json::Value;
use uuid::Uuid;

use crate::ReadError;

/// What an instance of a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceState {
    /// Its next step is tried when it is due.
    Running,
    /// Nothing can be done before its deadline, or before another event.
    Waiting,
    /// A step failed and will not be tried again until an operator asks for it.
    Stuck,
    /// Nothing is left to do.
    Done,
}

impl InstanceState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Running, Self::Waiting, Self::Stuck, Self::Done];

    /// The state as it stands in tables and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Stuck => "stuck",
            Self::Done => "done",
        }
    }

    /// The state of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Something that a process sees through.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessInstance {
    /// The name of the process.
    pub process: String,
    /// The id of the instance; with the process it names the instance.
    pub instance: Uuid,
    /// What it is doing.
    pub state: InstanceState,
    /// When its next step is to be tried. Always set while it is running, never when it is stuck or done.
    pub due: Option<DateTime<Utc>>,
    /// What the process knows of it, in a shape of its own. No personal data.
    pub data: Value,
    /// How often the step failed since it last succeeded.
    pub tries: u32,
    /// Why the step failed last.
    pub error: Option<String>,
    /// Who last had it try again, when, and why. Written by [`ProcessStore::retry`] alone.
    pub note: Option<String>,
    /// When the event was recorded that started it.
    pub started_at: DateTime<Utc>,
    /// When anything of it last changed.
    pub changed_at: DateTime<Utc>,
}

/// Which instances are asked for.
#[derive(Clone, Debug, Default)]
pub struct InstanceFilter<'a> {
    /// Of this process only.
    pub process: Option<&'a str>,
    /// In this state only.
    pub state: Option<InstanceState>,
    /// With these fields in their data.
    pub data: Option<Value>,
}

/// The right to run the processes. Given back by [`Leadership::release`], lost when the holder is suspended.
#[async_trait]
pub trait Leadership: Send + Sync {
    /// The number under which this leader writes; every leader has a higher one than those before it.
    fn epoch(&self) -> i64;

    /// Whether it is certainly still held. A process that was suspended finds `false` here when it goes on.
    fn is_held(&self) -> bool;

    /// Gives it back, so that another server may take it at once.
    async fn release(self: Box<Self>);
}

/// Keeps what processes know beside the log.
#[async_trait]
pub trait ProcessStore: Send + Sync {
    /// Takes the leadership, if no other server holds it. `holder` is shown to operators.
    async fn try_lead(&self, holder: &str) -> Result<Option<Box<dyn Leadership>>, ReadError>;

    /// How far a process has followed the log; position 0 if it never ran.
    async fn cursor(&self, process: &str) -> Result<Position, ReadError>;

    /// Keeps these instances, each whole and each once, and moves these cursors, in one transaction. `false`, and nothing is written, if
    /// the epoch is not the newest: another server leads.
    async fn keep(
        &self,
        epoch: i64,
        cursors: &[(&str, Position)],
        instances: &[ProcessInstance],
    ) -> Result<bool, ReadError>;

    /// The instances of a process whose step is to be tried by `now`, the longest due first.
    async fn due(&self, process: &str, now: DateTime<Utc>, limit: i64) -> Result<Vec<ProcessInstance>, ReadError>;

    /// The instances of these processes and ids, in any order, without those that do not exist.
    async fn find(&self, ids: &[(&str, Uuid)]) -> Result<Vec<ProcessInstance>, ReadError>;

    /// The instances of this id, of whatever process.
    async fn named(&self, instance: Uuid) -> Result<Vec<ProcessInstance>, ReadError>;

    /// The instances that a filter names, the last changed first.
    async fn instances(&self, filter: &InstanceFilter<'_>, limit: i64) -> Result<Vec<ProcessInstance>, ReadError>;

    /// How many instances of each process are in each state.
    async fn count(&self) -> Result<Vec<(String, InstanceState, i64)>, ReadError>;

    /// Has a stuck or waiting instance try its step at once, with its tries counted from zero. `note` says
    /// who asked for it, and why. `false` if there is none in such a state.
    async fn retry(&self, process: &str, instance: Uuid, note: &str) -> Result<bool, ReadError>;

    /// Forgets instances that were done before then; how many.
    async fn forget_done(&self, epoch: i64, before: DateTime<Utc>) -> Result<u64, ReadError>;
}
