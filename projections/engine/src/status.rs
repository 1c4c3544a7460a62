//! How a view is doing, for probes and metrics.

use std::time::Duration;

use kernel::{CommitRef, Position};
use metrics::{Counter, Gauge, Histogram};
use tokio::sync::watch;

/// What a view is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not asked its database yet.
    Starting,
    /// It follows the log.
    Live,
    /// A database does not answer, or the two do not belong together; it will be tried again.
    Waiting(String),
    /// Another version of the view is live, and another program moves it; this one goes on when its own becomes live.
    Standby(String),
    /// An event cannot be applied; it will be tried again after a while.
    Stuck(String),
    /// Its tables are of another history than the log's: they must be rebuilt. The reason, and what to do.
    OtherHistory(String),
    /// An operator paused it; it goes on when an operator resumes it.
    Paused,
}

/// How a view is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is doing.
    pub state: State,
    /// How far it is, as far as is known.
    pub position: Position,
    /// The commit that ends there, if it is known.
    pub commit: Option<CommitRef>,
}

/// Reports how one view is doing.
pub(crate) struct Report {
    status: watch::Sender<Status>,
    position: Gauge,
    live: Gauge,
    standby: Gauge,
    stuck: Gauge,
    paused: Gauge,
    other_history: Gauge,
    parked: Gauge,
    applied: Counter,
    from_log: Counter,
    batch: Histogram,
    seconds: Histogram,
    retries: Counter,
}

impl Report {
    pub(crate) fn new(view: &'static str) -> Self {
        metrics::describe_gauge!("projection_position", "Position of the last event applied to the view");
        metrics::describe_gauge!(
            "projection_state",
            "1 for the state the view is in: live, standby, stuck, paused or other_history (to be rebuilt); all 0: waiting"
        );
        metrics::describe_gauge!("projection_parked_keys", "Keys of the view that are parked, with their events");
        metrics::describe_counter!("projection_events_total", "Events applied to the view");
        metrics::describe_counter!(
            "projection_log_reads_total",
            "Reads of the log because slices were missing or late"
        );
        metrics::describe_histogram!("projection_batch_events", "Events applied in one transaction");
        metrics::describe_histogram!("projection_apply_seconds", "Time to fold, write and commit one batch");
        metrics::describe_counter!("projection_retries_total", "Times a database did not answer and was tried again");
        metrics::describe_counter!("projection_foreign_slices_total", "Slices of another log, which were dropped");
        metrics::describe_counter!(
            "projection_other_history_slices_total",
            "Slices of another history of the log, which were dropped"
        );
        metrics::describe_counter!(
            "projection_silent_sessions_ended_total",
            "Sessions that were ended because they held the view and their process sent nothing"
        );
        let (status, _) = watch::channel(Status { state: State::Starting, position: Position::ZERO, commit: None });
        Self {
            status,
            position: metrics::gauge!("projection_position", "view" => view),
            live: metrics::gauge!("projection_state", "view" => view, "state" => "live"),
            standby: metrics::gauge!("projection_state", "view" => view, "state" => "standby"),
            stuck: metrics::gauge!("projection_state", "view" => view, "state" => "stuck"),
            paused: metrics::gauge!("projection_state", "view" => view, "state" => "paused"),
            other_history: metrics::gauge!("projection_state", "view" => view, "state" => "other_history"),
            parked: metrics::gauge!("projection_parked_keys", "view" => view),
            applied: metrics::counter!("projection_events_total", "view" => view),
            from_log: metrics::counter!("projection_log_reads_total", "view" => view),
            batch: metrics::histogram!("projection_batch_events", "view" => view),
            seconds: metrics::histogram!("projection_apply_seconds", "view" => view),
            retries: metrics::counter!("projection_retries_total", "view" => view),
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Whether this wait differs from what the view was doing: only then is it worth a line in the log.
    pub(crate) fn is_news(&self, reason: &str) -> bool {
        !matches!(&self.status.borrow().state, State::Waiting(now) if now == reason)
    }

    pub(crate) fn is(&self, state: &State) -> bool {
        self.status.borrow().state == *state
    }

    pub(crate) fn state(&self, state: State) {
        self.live.set(if state == State::Live { 1.0 } else { 0.0 });
        self.standby.set(if matches!(state, State::Standby(_)) { 1.0 } else { 0.0 });
        self.stuck.set(if matches!(state, State::Stuck(_)) { 1.0 } else { 0.0 });
        self.paused.set(if state == State::Paused { 1.0 } else { 0.0 });
        self.other_history.set(if matches!(state, State::OtherHistory(_)) { 1.0 } else { 0.0 });
        if matches!(state, State::Waiting(_)) {
            self.retries.increment(1);
        }
        self.status.send_if_modified(|status| {
            let changed = status.state != state;
            status.state = state;
            changed
        });
    }

    pub(crate) fn at(&self, position: Position, commit: Option<CommitRef>) {
        self.position.set(position.number() as f64);
        self.status.send_modify(|status| (status.position, status.commit) = (position, commit));
    }

    pub(crate) fn parked(&self, keys: usize) {
        self.parked.set(keys as f64);
    }

    pub(crate) fn applied(&self, events: i64, took: Duration) {
        self.applied.increment(events.unsigned_abs());
        self.batch.record(events as f64);
        self.seconds.record(took.as_secs_f64());
    }

    pub(crate) fn read_log(&self) {
        self.from_log.increment(1);
    }
}
