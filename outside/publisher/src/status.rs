//! What probes and metrics report of the publisher.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::Position;

/// What keeps the publisher from its work, shared with the probes.
#[derive(Debug, Default)]
pub(crate) struct Status {
    failure: Mutex<Option<String>>,
}

impl Status {
    /// It cannot do its work. Says whether that is news.
    pub(crate) fn set_failure(&self, what: String) -> bool {
        let before = self.failure().replace(what.clone());
        before.is_none_or(|before| before != what)
    }

    /// It does its work, or stands by. Says whether that is news.
    pub(crate) fn set_well(&self) -> bool {
        self.failure().take().is_some()
    }

    /// What keeps it from its work, if anything does. A publisher that stands by is well.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.failure().clone().map_or(Ok(()), Err)
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It is active now, or stands by.
pub(crate) fn active(active: bool) {
    metrics::gauge!("publisher_active").set(if active { 1.0 } else { 0.0 });
}

/// Up to where the log is told in the stream.
pub(crate) fn arrived(position: Position) {
    metrics::gauge!("publisher_position").set(position.number() as f64);
}

/// How far the stream is behind the log.
pub(crate) fn lag(events: i64, seconds: f64) {
    metrics::gauge!("publisher_lag_events").set(events as f64);
    metrics::gauge!("publisher_lag_seconds").set(seconds);
}

/// An event was sent.
pub(crate) fn sent(event_type: &'static str, bytes: usize, in_flight: usize) {
    metrics::counter!("publisher_events_sent_total", "type" => event_type).increment(1);
    metrics::counter!("publisher_bytes_sent_total").increment(bytes as u64);
    metrics::gauge!("publisher_in_flight_events").set(in_flight as f64);
}

/// The stream was opened again because something was not as it had to be.
pub(crate) fn publish_failed() {
    metrics::counter!("publisher_publish_errors_total").increment(1);
}

/// Registers the meaning of each metric, once.
pub(crate) fn describe() {
    metrics::describe_gauge!("publisher_active", "1 if this publisher publishes, 0 if it stands by");
    metrics::describe_gauge!("publisher_position", "the position up to which the log is told in the stream");
    metrics::describe_gauge!("publisher_lag_events", "recorded events that are not told in the stream");
    metrics::describe_gauge!("publisher_lag_seconds", "age of the oldest commit that is not told in the stream");
    metrics::describe_counter!("publisher_events_sent_total", "public events sent to the stream, by type");
    metrics::describe_counter!("publisher_bytes_sent_total", "bytes of public events sent to the stream");
    metrics::describe_gauge!("publisher_in_flight_events", "public events sent and not yet acknowledged");
    metrics::describe_counter!("publisher_publish_errors_total", "times the stream had to be opened again");
}
