//! What probes and metrics report of the relay.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use kernel::Position;
use log::seal::Rejected;

/// What the relay is doing, shared with the probes.
#[derive(Debug, Default)]
pub(crate) struct Status {
    active: AtomicBool,
    failure: Mutex<Option<String>>,
}

impl Status {
    /// It is active now, or stands by.
    pub(crate) fn set_active(&self, active: bool) {
        self.active.store(active, Ordering::Relaxed);
        metrics::gauge!("relay_active").set(if active { 1.0 } else { 0.0 });
    }

    /// It cannot do its work. Says whether that is news.
    pub(crate) fn set_failure(&self, what: String) -> bool {
        let before = self.failure().replace(what.clone());
        before.is_none_or(|before| before != what)
    }

    /// It does its work. Says whether that is news.
    pub(crate) fn set_well(&self) -> bool {
        self.failure().take().is_some()
    }

    /// What keeps it from its work, if anything does. A relay that stands by is well.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.failure().clone().map_or(Ok(()), Err)
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the log has arrived in the stream.
pub(crate) fn arrived(position: Position) {
    metrics::gauge!("relay_position").set(position.number() as f64);
}

/// How far the relay is behind the log.
pub(crate) fn lag(events: i64, seconds: f64) {
    metrics::gauge!("relay_lag_events").set(events as f64);
    metrics::gauge!("relay_lag_seconds").set(seconds);
}

/// A slice was sent.
pub(crate) fn sent(events: i64, bytes: usize, in_flight: usize) {
    metrics::counter!("relay_slices_sent_total").increment(1);
    metrics::counter!("relay_events_sent_total").increment(events.unsigned_abs());
    metrics::counter!("relay_bytes_sent_total").increment(bytes as u64);
    metrics::histogram!("relay_slice_events").record(events as f64);
    metrics::gauge!("relay_in_flight_slices").set(in_flight as f64);
}

/// The stream was opened again because something was not as it had to be.
pub(crate) fn publish_failed() {
    metrics::counter!("relay_publish_errors_total").increment(1);
}

/// The stream ended with a message that no relay has sent. Nothing in it is believed.
pub(crate) fn rejected_tail(rejected: Rejected) {
    metrics::counter!("relay_tails_rejected_total", "reason" => rejected.as_str()).increment(1);
    let advice = match rejected {
        Rejected::Unsealed => "after an upgrade this is expected once; else find out who can publish to the stream",
        Rejected::UnknownKey => "does JANGBU_SLICE_KEY_FILE name the same keys at every relay?",
        Rejected::NotASlice | Rejected::Forged => "find out who can publish to the stream",
    };
    tracing::warn!(reason = %rejected, advice, "the last message of the stream is not a relay's: it is ignored");
}

/// Registers the meaning of each metric, once.
pub(crate) fn describe() {
    metrics::describe_gauge!("relay_active", "1 if this relay publishes, 0 if it stands by");
    metrics::describe_gauge!("relay_position", "the position up to which the log has arrived in the stream");
    metrics::describe_gauge!("relay_lag_events", "events of the log that have not arrived in the stream");
    metrics::describe_gauge!("relay_lag_seconds", "age of the oldest commit that has not arrived in the stream");
    metrics::describe_counter!("relay_slices_sent_total", "slices sent to the stream");
    metrics::describe_counter!("relay_events_sent_total", "events sent to the stream");
    metrics::describe_counter!("relay_bytes_sent_total", "bytes of slices sent to the stream");
    metrics::describe_histogram!("relay_slice_events", "events in a slice");
    metrics::describe_gauge!("relay_in_flight_slices", "slices sent and not yet acknowledged");
    metrics::describe_counter!("relay_publish_errors_total", "times the stream had to be opened again");
    metrics::describe_counter!(
        "relay_tails_rejected_total",
        "times the stream ended with a message that no relay sealed"
    );
    for rejected in Rejected::ALL {
        metrics::counter!("relay_tails_rejected_total", "reason" => rejected.as_str()).increment(0);
    }
}
