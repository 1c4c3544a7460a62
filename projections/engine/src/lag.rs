//! How far a view is behind the log.

use chrono::{DateTime, Utc};
use kernel::Position;
use log::{Head, ReadCommits, ReadError};

/// How far a view is behind the log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lag {
    /// How many events it has not applied.
    pub events: i64,
    /// For how long the oldest of them has been in the log.
    pub seconds: f64,
}

impl Lag {
    /// Measures the lag of a view and publishes it as metrics.
    pub async fn measure(
        log: &dyn ReadCommits,
        view: &'static str,
        position: Position,
        head: Head,
        now: DateTime<Utc>,
    ) -> Result<Self, ReadError> {
        let events = (head.position.number() - position.number()).max(0);
        let waiting_since = if events > 0 { log.recorded_after(position).await? } else { None };
        let seconds = waiting_since.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0));
        metrics::describe_gauge!("projection_lag_events", "Events in the log that the view has not applied");
        metrics::describe_gauge!("projection_lag_seconds", "Age of the oldest event that the view has not applied");
        metrics::gauge!("projection_lag_events", "view" => view).set(events as f64);
        metrics::gauge!("projection_lag_seconds", "view" => view).set(seconds);
        Ok(Self { events, seconds })
    }
}
