//! How far the books are proven.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kernel::Position;
use log::{Alarm, AuditProgress, AuditState, Invariant};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Fresh, Reads, ReadsError, audit_watch::AuditWatch};

/// What the auditor has proven of the log, and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Audit)]
pub struct AuditReport {
    /// Up to where the books are proven: all commits up to here were audited, and no alarm is open at or before it. Null if no
    /// auditor has reported yet.
    #[schema(value_type = Option<i64>, required, minimum = 0)]
    pub audited_position: Option<Position>,
    /// The end of the log.
    #[schema(value_type = i64, minimum = 0)]
    pub head: Position,
    /// How many events are not proven.
    #[schema(minimum = 0)]
    pub lag_events: i64,
    /// How long the first of them has been waiting, in milliseconds.
    #[schema(minimum = 0)]
    pub lag_ms: u64,
    /// The auditor that is furthest.
    #[schema(required)]
    pub auditor: Option<String>,
    /// When it last reported: it does so every few seconds even if nothing happens.
    #[schema(required)]
    pub audited_at: Option<DateTime<Utc>>,
    /// Up to where it last read everything again that it had audited.
    #[schema(value_type = Option<i64>, required, minimum = 0)]
    pub rechecked_position: Option<Position>,
    /// When that ended.
    #[schema(required)]
    pub rechecked_at: Option<DateTime<Utc>>,
    /// The alarm that stops all commands; null while none does.
    #[schema(required, minimum = 1)]
    pub stopped_by: Option<i64>,
    /// The rules.
    pub invariants: Vec<InvariantReport>,
    /// The alarms: first those that nobody has acknowledged, then the newest; a hundred at most.
    pub alarms: Vec<AlarmReport>,
}

/// A rule of the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Invariant)]
pub struct InvariantReport {
    /// The rule in words.
    pub rule: String,
    /// How many things it was held against.
    #[schema(minimum = 0)]
    pub checked: u64,
    /// How many broke it.
    #[schema(minimum = 0)]
    pub found: u64,
    /// How many things the auditor could not hold against it in its last round over all of them, such as states in a form that it does
    /// not know.
    #[schema(minimum = 0)]
    pub skipped: u64,
}

/// Something that broke a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Alarm)]
pub struct AlarmReport {
    /// Its number.
    #[schema(minimum = 1)]
    pub id: i64,
    /// The end of the commit, or where the log is damaged.
    #[schema(value_type = i64, minimum = 0)]
    pub position: Position,
    /// The rule in words.
    pub rule: String,
    /// What was found.
    pub what: String,
    /// By which auditor.
    pub raised_by: String,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// When an operator let commands go on; null while the alarm is open.
    #[schema(required)]
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Who did.
    #[schema(required)]
    pub acknowledged_by: Option<String>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

impl From<Alarm> for AlarmReport {
    fn from(alarm: Alarm) -> Self {
        let Alarm { id, alarm, raised_by, raised_at, acknowledged, .. } = alarm;
        let acknowledged_at = acknowledged.as_ref().map(|answer| answer.at);
        let (acknowledged_by, reason) = acknowledged.map(|answer| (answer.by, answer.reason)).unzip();
        Self {
            id,
            position: alarm.position,
            rule: alarm.rule,
            what: alarm.what,
            raised_by,
            raised_at,
            acknowledged_at,
            acknowledged_by,
            reason,
        }
    }
}

impl Reads {
    /// Up to where the books are proven, as last seen; none if no auditor has reported yet.
    pub fn proven(&self) -> Option<Position> {
        self.audit.proven()
    }

    /// What the auditor has proven and found. Waits for nothing: this is how waiting is watched.
    pub async fn audit(&self) -> Result<Fresh<AuditReport>, ReadsError> {
        let AuditWatch { store, log, .. } = &self.audit;
        let state = store.audit().await.map_err(ReadsError::LogUnavailable)?;
        let head = log.head().await.map_err(ReadsError::LogUnavailable)?.position;
        let proven = state.proven();
        let position = proven.unwrap_or_default();
        let waits_since = log.recorded_after(position).await.map_err(ReadsError::LogUnavailable)?;
        let lag = waits_since.map_or(Duration::ZERO, |since| self.since(since));
        let AuditState { progress, stopped_by, alarms } = state;
        let invariants = progress.as_ref().map(|progress| progress.invariants.clone()).unwrap_or_default();
        let rechecked = progress.as_ref().and_then(|progress| progress.rechecked);
        let value = AuditReport {
            audited_position: proven,
            head: head.max(position),
            lag_events: (head.number() - position.number()).max(0),
            lag_ms: u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
            audited_at: progress.as_ref().map(|progress| progress.audited_at),
            auditor: progress.map(|AuditProgress { auditor, .. }| auditor),
            rechecked_position: rechecked.map(|(position, _)| position),
            rechecked_at: rechecked.map(|(_, at)| at),
            stopped_by,
            invariants: invariants
                .into_iter()
                .map(|Invariant { rule, checked, found, skipped }| InvariantReport { rule, checked, found, skipped })
                .collect(),
            alarms: alarms.into_iter().map(AlarmReport::from).collect(),
        };
        Ok(Fresh { value, position, lag, stale: false, missing: 0 })
    }
}
