//! What probes and metrics report of the sender.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::Position;

use crate::{client::Outcome, health::StopReason, store::Backlog};

/// What keeps the sender from its work, shared with the probes.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<Option<String>>);

impl Status {
    /// It cannot do its work. Says whether that is news.
    pub(crate) fn set_failure(&self, what: String) -> bool {
        let before = self.what().replace(what.clone());
        before.is_none_or(|before| before != what)
    }

    /// It does its work, or stands by.
    pub(crate) fn set_well(&self) {
        *self.what() = None;
    }

    /// What keeps it from its work, if anything does.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.what().clone().map_or(Ok(()), Err)
    }

    fn what(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this sender sends, or stands by.
pub(crate) fn active(is_active: bool) {
    metrics::gauge!("jangbu_webhooks_active").set(if is_active { 1.0 } else { 0.0 });
}

/// Deliveries were made.
pub(crate) fn made(count: usize) {
    metrics::counter!("jangbu_webhooks_deliveries_total").increment(count as u64);
}

/// An attempt ended.
pub(crate) fn attempted(outcome: &Outcome) {
    let result = match outcome.status {
        _ if outcome.is_success() => "delivered",
        Some(_) => "refused",
        None => outcome.error.unwrap_or("connection-lost"),
    };
    metrics::counter!("jangbu_webhooks_attempts_total", "result" => result).increment(1);
    metrics::histogram!("jangbu_webhooks_attempt_seconds").record(outcome.duration.as_secs_f64());
}

/// A delivery was given up after its last attempt.
pub(crate) fn failed() {
    metrics::counter!("jangbu_webhooks_failed_total").increment(1);
}

/// Nothing more is sent to a webhook.
pub(crate) fn stopped(reason: StopReason) {
    metrics::counter!("jangbu_webhooks_stopped_total", "reason" => reason.as_str()).increment(1);
}

/// How many webhooks nothing more is sent to now.
pub(crate) fn stopped_now(reason: StopReason, count: usize) {
    metrics::gauge!("jangbu_webhooks_stopped", "reason" => reason.as_str()).set(count as f64);
}

/// So many attempts are under way.
pub(crate) fn under_way(count: usize) {
    metrics::gauge!("jangbu_webhooks_under_way").set(count as f64);
}

/// How far the log was followed, and how far that is behind.
pub(crate) fn followed(position: Position, lag: Duration) {
    metrics::gauge!("jangbu_webhooks_position").set(position.number() as f64);
    metrics::gauge!("jangbu_webhooks_lag_seconds").set(lag.as_secs_f64());
}

/// What is pending. `wait`: how long the oldest has waited that was never tried.
pub(crate) fn pending(backlog: Backlog, wait: Duration) {
    metrics::gauge!("jangbu_webhooks_pending").set(backlog.pending as f64);
    metrics::gauge!("jangbu_webhooks_retrying").set(backlog.failing as f64);
    metrics::gauge!("jangbu_webhooks_oldest_wait_seconds").set(wait.as_secs_f64());
}

/// Registers the meaning of each metric, once.
pub(crate) fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

    describe_gauge!("jangbu_webhooks_active", "1 if this sender sends, 0 if it stands by");
    describe_counter!("jangbu_webhooks_deliveries_total", "Deliveries made: an event for a webhook each");
    describe_counter!("jangbu_webhooks_attempts_total", "Attempts, by result");
    describe_histogram!("jangbu_webhooks_attempt_seconds", Unit::Seconds, "How long an attempt took");
    describe_counter!("jangbu_webhooks_failed_total", "Deliveries given up after their last attempt");
    describe_counter!("jangbu_webhooks_stopped_total", "Webhooks that nothing more is sent to, by reason");
    describe_gauge!("jangbu_webhooks_stopped", "Webhooks that nothing more is sent to now, by reason");
    describe_gauge!("jangbu_webhooks_under_way", "Attempts under way");
    describe_gauge!("jangbu_webhooks_position", "The position up to which the log was followed");
    describe_gauge!("jangbu_webhooks_lag_seconds", Unit::Seconds, "Age of the oldest commit that was not followed");
    describe_gauge!("jangbu_webhooks_pending", "Deliveries that are pending");
    describe_gauge!("jangbu_webhooks_retrying", "Pending deliveries that failed before");
    describe_gauge!(
        "jangbu_webhooks_oldest_wait_seconds",
        Unit::Seconds,
        "How long the oldest pending delivery has waited that was never tried"
    );
    metrics::counter!("jangbu_webhooks_failed_total").increment(0);
    for reason in StopReason::ALL {
        metrics::counter!("jangbu_webhooks_stopped_total", "reason" => reason.as_str()).increment(0);
    }
}
