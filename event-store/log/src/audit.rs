//! What an auditor has proven of the log, and the alarms that stop its writers.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{LogId, Position};
use serde::{Deserialize, Serialize};

use crate::ReadError;

/// A rule of the log, and how much of the log it was held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariant {
    /// The rule in words.
    pub rule: String,
    /// How many things it was held against.
    pub checked: u64,
    /// How many broke it.
    pub found: u64,
    /// How many things this auditor could not hold against it, in its last round over all of them.
    #[serde(default)]
    pub skipped: u64,
}

/// How far an auditor has got.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditProgress {
    /// The name of the auditor: several may follow one log.
    pub auditor: String,
    /// The log.
    pub log: LogId,
    /// Every commit up to here was audited.
    pub position: Position,
    /// When the last of them was recorded; none in an empty log.
    pub recorded_at: Option<DateTime<Utc>>,
    /// When this was reported, by the clock of the store.
    pub audited_at: DateTime<Utc>,
    /// Up to where all that was audited was read again last, and when that round ended.
    pub rechecked: Option<(Position, DateTime<Utc>)>,
    /// The rules.
    pub invariants: Vec<Invariant>,
}

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewAlarm {
    /// The end of the commit, or where the log is damaged.
    pub position: Position,
    /// The rule in words.
    pub rule: String,
    /// What was found.
    pub what: String,
}

/// How an operator answered an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// Why appends may go on.
    pub reason: String,
}

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// The log.
    pub log: LogId,
    /// What was found, and where.
    pub alarm: NewAlarm,
    /// By which auditor.
    pub raised_by: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// None as long as it stops the writers.
    pub acknowledged: Option<Acknowledgement>,
}

/// What is known of the audit of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditState {
    /// Of the auditors of this log the one that is furthest; none if none has reported yet.
    pub progress: Option<AuditProgress>,
    /// The alarm that stops all appends.
    pub stopped_by: Option<i64>,
    /// The alarms: first those that nobody has answered, then the newest; a hundred at most.
    pub alarms: Vec<Alarm>,
}

impl AuditState {
    /// Up to where the log is proven: what was audited, before the first alarm that nobody has answered.
    pub fn proven(&self) -> Option<Position> {
        let progress = self.progress.as_ref()?;
        let open = self.alarms.iter().filter(|a| a.acknowledged.is_none() && a.log == progress.log);
        let before = open.map(|alarm| Position::new(alarm.alarm.position.number().saturating_sub(1).max(0))).min();
        Some(before.map_or(progress.position, |before| before.min(progress.position)))
    }
}

/// Keeps what auditors report beside the log.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// What is known of the audit.
    async fn audit(&self) -> Result<AuditState, ReadError>;

    /// Up to where the log is proven, as [`AuditState::proven`]; none if no auditor of this log has reported yet.
    async fn proven(&self) -> Result<Option<Position>, ReadError>;

    /// An auditor reports how far it is. Its `audited_at` is not used: the store has a clock.
    async fn report(&self, progress: &AuditProgress) -> Result<(), ReadError>;

    /// Raises an alarm: from then on no append succeeds until it is acknowledged. None, if the same was raised before, or
    /// the log is not this one any more.
    async fn raise(&self, auditor: &str, log: LogId, alarm: &NewAlarm) -> Result<Option<i64>, ReadError>;

    /// Acknowledges an alarm. Appends go on when no other is open. None, if it is not open.
    async fn acknowledge(&self, alarm: i64, by: &str, reason: &str) -> Result<Option<Alarm>, ReadError>;
}
