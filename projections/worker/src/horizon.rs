//! How far the log goes, and how far the views must read it themselves because slices are missing or late.

use std::{
    error::Error,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use event_store_postgres::{AppendWatch, PostgresLog};
use kernel::{Clock, Position, SystemClock};
use log::{Head, ReadError, ReadHead};
use projection_engine::{Lag, Status};
use tokio::{sync::watch, time::Instant};

use crate::feed::Line;

/// How often the end of the log is looked at, whatever was heard.
const LOOK: Duration = Duration::from_secs(1);
/// How often at most it is looked at when the views follow the log itself.
const BREATH: Duration = Duration::from_millis(20);
/// So many looks in a row at which the stream was behind: it is opened anew.
const PATIENCE: u32 = 3;

/// Watches the end of the log.
pub(crate) struct Horizon {
    pub(crate) log: PostgresLog,
    pub(crate) appends: AppendWatch,
    pub(crate) line: Arc<Line>,
    /// What the views are told to read up to.
    pub(crate) reachable: watch::Sender<Position>,
    /// The views, to measure how far they are behind.
    pub(crate) views: Vec<(&'static str, watch::Receiver<Status>)>,
}

/// What the last look showed.
struct Seen {
    head: Position,
    late: u32,
    /// Where each view was when it moved last, and when that was.
    moved: Vec<(Position, Instant)>,
}

impl Horizon {
    /// Watches for ever.
    pub(crate) async fn run(mut self) {
        metrics::describe_gauge!("projector_log_head", "Position of the last event of the log");
        metrics::describe_gauge!(
            "projection_stalled_seconds",
            "For how long the view has not moved although it is behind; 0 while it moves or has nothing to do"
        );
        let moved = vec![(Position::ZERO, Instant::now()); self.views.len()];
        let mut seen = Seen { head: Position::ZERO, late: 0, moved };
        let mut next_look = Instant::now();
        let mut well = true;
        loop {
            let due = Instant::now() >= next_look;
            if due || self.follows_the_log(&seen) {
                let looked = self.look(&mut seen, due).await;
                if let Err(error) = &looked
                    && well
                {
                    tracing::warn!(error = error as &dyn Error, "the end of the log cannot be read");
                }
                well = looked.is_ok();
            }
            if due {
                next_look = Instant::now() + LOOK;
            }
            let wait = next_look.saturating_duration_since(Instant::now());
            let heard = self.appends.wait(wait).await;
            if heard && self.follows_the_log(&seen) {
                tokio::time::sleep(BREATH.min(wait)).await;
            }
        }
    }

    /// Whether the stream is of no use at the moment.
    fn follows_the_log(&self, seen: &Seen) -> bool {
        self.line.heard.borrow().is_none() || seen.late > 0
    }

    async fn look(&mut self, seen: &mut Seen, due: bool) -> Result<(), ReadError> {
        let head = self.log.head().await?;
        if due {
            self.judge_stream(seen, head.position);
        }
        // What was in the log a whole look ago and did not come by the stream will not come; what is newer may be on its
        // way, and to read it from the log too would be work done twice.
        let reachable = if self.follows_the_log(seen) { head.position } else { seen.head };
        self.reachable.send_if_modified(|before| std::mem::replace(before, reachable) != reachable);
        if due {
            seen.head = head.position;
            self.measure(head, &mut seen.moved).await?;
        }
        Ok(())
    }

    /// A stream that was wiped may look open and never bring anything again.
    fn judge_stream(&self, seen: &mut Seen, head: Position) {
        let silent = match *self.line.heard.borrow() {
            Some(heard) => heard < seen.head && !self.level(seen.head),
            None => self.line.open.load(Ordering::Relaxed) && seen.head < head,
        };
        seen.late = if silent { seen.late + 1 } else { 0 };
        if seen.late >= PATIENCE {
            seen.late = 0;
            self.line.silent.notify_one();
        }
    }

    /// Whether every view is at least there already: then nothing is missing, whatever the stream has brought.
    fn level(&self, position: Position) -> bool {
        self.views.iter().all(|(_, status)| status.borrow().position >= position)
    }

    async fn measure(&self, head: Head, moved: &mut [(Position, Instant)]) -> Result<(), ReadError> {
        metrics::gauge!("projector_log_head").set(head.position.number() as f64);
        for ((view, status), moved) in self.views.iter().zip(moved) {
            let position = status.borrow().position;
            if position != moved.0 || position >= head.position {
                *moved = (position, Instant::now());
            }
            metrics::gauge!("projection_stalled_seconds", "view" => *view).set(moved.1.elapsed().as_secs_f64());
            Lag::measure(&self.log, view, position, head, SystemClock.now()).await?;
        }
        Ok(())
    }
}
