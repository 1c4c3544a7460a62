//! What probes and metrics report of the auditor.

use std::{
    error::Error,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use kernel::Position;
use log::{AuditProgress, ReadError};

/// What keeps the auditor from its work, shared with the probes.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<Option<String>>);

impl Status {
    /// The log can be read, up to its end or up to where it is damaged.
    pub(crate) fn set(&self, stuck: Option<String>) {
        *self.what() = stuck;
    }

    /// The log, or what is kept beside it, cannot be read or written.
    pub(crate) fn set_failure(&self, error: &ReadError) {
        let text = chain(error);
        let before = self.what().replace(text.clone());
        if before != Some(text) {
            tracing::warn!(error = error as &dyn Error, "the log cannot be audited now; retrying");
        }
    }

    /// What keeps it from its work, if anything does.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.what().clone().map_or(Ok(()), Err)
    }

    fn what(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn chain(error: &dyn Error) -> String {
    let texts = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}

/// Events were audited.
pub(crate) fn audited(events: u64) {
    metrics::counter!("jangbu_audit_events_total").increment(events);
}

/// Events that were audited were read again.
pub(crate) fn rechecked(events: u64) {
    metrics::counter!("jangbu_audit_rechecked_events_total").increment(events);
}

/// Rows were compared, and a whole round over them ended then.
pub(crate) fn compared(rows: u64, round_ended: Option<DateTime<Utc>>) {
    metrics::counter!("jangbu_audit_rows_total").increment(rows);
    if let Some(at) = round_ended {
        metrics::gauge!("jangbu_audit_rows_round_timestamp_seconds").set(at.timestamp() as f64);
    }
}

/// An alarm was raised.
pub(crate) fn raised() {
    metrics::counter!("jangbu_audit_alarms_total").increment(1);
}

/// How far the audit is, and whether an alarm stops appends.
pub(crate) fn stands(progress: &AuditProgress, head: Position, lag: Duration, stopped: bool) {
    let behind = (head.number() - progress.position.number()).max(0);
    metrics::gauge!("jangbu_audit_position").set(progress.position.number() as f64);
    metrics::gauge!("jangbu_audit_lag_events").set(behind as f64);
    metrics::gauge!("jangbu_audit_lag_seconds").set(lag.as_secs_f64());
    metrics::gauge!("jangbu_audit_stopped").set(if stopped { 1.0 } else { 0.0 });
    for invariant in &progress.invariants {
        let of_rule = |name: &'static str| metrics::gauge!(name, "rule" => invariant.rule.clone());
        of_rule("jangbu_audit_rule_checked").set(invariant.checked as f64);
        of_rule("jangbu_audit_rule_found").set(invariant.found as f64);
        of_rule("jangbu_audit_rule_skipped").set(invariant.skipped as f64);
    }
    if let Some((position, at)) = progress.rechecked {
        metrics::gauge!("jangbu_audit_rechecked_position").set(position.number() as f64);
        metrics::gauge!("jangbu_audit_rechecked_timestamp_seconds").set(at.timestamp() as f64);
    }
}

/// Registers the meaning of each metric, once.
pub(crate) fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge};

    describe_counter!("jangbu_audit_events_total", "Events that were audited");
    describe_counter!("jangbu_audit_rechecked_events_total", "Audited events that were read again");
    describe_counter!("jangbu_audit_rows_total", "Rows of streams that were compared with the events");
    describe_counter!("jangbu_audit_alarms_total", "Alarms that this auditor raised");
    describe_gauge!("jangbu_audit_position", "The position up to which the log is audited");
    describe_gauge!("jangbu_audit_lag_events", "Events of the log that are not audited");
    describe_gauge!("jangbu_audit_lag_seconds", Unit::Seconds, "Age of the oldest commit that is not audited");
    describe_gauge!("jangbu_audit_stopped", "1 while an alarm stops all commands, 0 otherwise");
    describe_gauge!("jangbu_audit_rechecked_position", "Where the last whole round of reading again ended");
    describe_gauge!(
        "jangbu_audit_rechecked_timestamp_seconds",
        Unit::Seconds,
        "When the last whole round of reading again ended, in seconds since 1970"
    );
    describe_gauge!(
        "jangbu_audit_rows_round_timestamp_seconds",
        Unit::Seconds,
        "When the last whole round over the rows of streams ended, in seconds since 1970"
    );
    describe_gauge!("jangbu_audit_rule_checked", "How many things a rule was held against");
    describe_gauge!("jangbu_audit_rule_found", "How many things broke a rule");
    describe_gauge!(
        "jangbu_audit_rule_skipped",
        "How many things could not be held against a rule in the last round over all of them"
    );
    metrics::counter!("jangbu_audit_alarms_total").increment(0);
}
