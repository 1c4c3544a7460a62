//! How far the log goes, and how far the views must read it themselves because slices are missing or late.

use std::{
    error::Error,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use event_store_postgres::{AppendWatch, PostgresLog};
use kernel::{Clock, CommitRef, LogId, Position, SystemClock};
use log::{Head, ReadError, ReadHead};
use projection_engine::{Lag, State, Status};
use tokio::{sync::watch, time::Instant};

use crate::feed::Line;

/// How often the end of the log is looked at, whatever was heard.
const LOOK: Duration = Duration::from_secs(1);
/// How often at most it is looked at when the views follow the log itself.
const BREATH: Duration = Duration::from_millis(20);
/// So many looks in a row at which the stream was behind: it is opened again.
const LATE_LOOKS: u32 = 3;

/// Watches the end of the log.
pub(crate) struct Horizon {
    pub(crate) log: PostgresLog,
    pub(crate) appends: AppendWatch,
    pub(crate) line: Arc<Line>,
    /// The position up to which the views may read.
    pub(crate) reachable: watch::Sender<Position>,
    /// Which log it is, as last seen: a restored one may be given a new id.
    pub(crate) log_id: watch::Sender<Option<LogId>>,
    /// The views, to measure how far they are behind, and to see that the log holds the commits they stand on.
    pub(crate) views: Vec<Watched>,
}

/// A view that is watched.
pub(crate) struct Watched {
    pub(crate) view: &'static str,
    pub(crate) status: watch::Receiver<Status>,
    /// Raised when the view may be of another history than the log; it checks that by itself, and says what it found.
    pub(crate) recheck: watch::Sender<u64>,
}

/// What the last look showed.
struct Seen {
    head: Position,
    late: u32,
    /// Where each view was when it moved last, and when that was.
    moved: Vec<(Position, Instant)>,
    /// At how many looks in a row each view stood on a commit beyond the end of the log.
    ahead: Vec<u32>,
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
        let ahead = vec![0; self.views.len()];
        let mut seen = Seen { head: Position::ZERO, late: 0, moved, ahead };
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
        self.follow_id(head.log);
        if due {
            self.check_history(head, &mut seen.ahead).await?;
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
        if seen.late >= LATE_LOOKS {
            seen.late = 0;
            self.line.silent.notify_one();
        }
    }

    /// Whether every view is at least there already: then nothing is missing, whatever the stream has brought.
    fn level(&self, position: Position) -> bool {
        self.views.iter().all(|watched| watched.status.borrow().position >= position)
    }

    /// Notifies all followers when the log has another id than before: slices and views are then of the one under the new id.
    fn follow_id(&self, log: LogId) {
        let before = self.log_id.send_replace(Some(log));
        if before.is_some_and(|before| before != log) {
            tracing::warn!(log.id = %log, "the log goes on under another id");
            self.views.iter().for_each(Watched::raise);
        }
    }

    /// Has every view checked that stands on a commit that the log does not hold: a log that was restored behind the views'
    /// back may have grown past them since, and then no position shows it.
    async fn check_history(&self, head: Head, ahead: &mut [u32]) -> Result<(), ReadError> {
        let standing: Vec<Option<CommitRef>> =
            self.views.iter().map(|watched| watched.status.borrow().commit).collect();
        let ends: Vec<Position> = standing.iter().map(|commit| commit.map_or(Position::ZERO, |c| c.position)).collect();
        let held = self.log.commit_refs(&ends).await?;
        for (((watched, commit), held), ahead) in self.views.iter().zip(standing).zip(held).zip(ahead) {
            // What was appended after the head was read is there all the same; a replica of the log may be a little late.
            let beyond = commit.is_some_and(|commit| commit.position > head.position) && held.is_none();
            *ahead = if beyond { *ahead + 1 } else { 0 };
            let other = commit.is_some() && commit != held && (!beyond || *ahead >= LATE_LOOKS);
            if other && !matches!(watched.status.borrow().state, State::OtherHistory(_)) {
                watched.raise();
            }
        }
        Ok(())
    }

    async fn measure(&self, head: Head, moved: &mut [(Position, Instant)]) -> Result<(), ReadError> {
        metrics::gauge!("projector_log_head").set(head.position.number() as f64);
        for (Watched { view, status, .. }, moved) in self.views.iter().zip(moved) {
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

impl Watched {
    fn raise(&self) {
        self.recheck.send_modify(|times| *times += 1);
    }
}
