//! What to apply next: waiting slices where they fit, the log where they do not.

use std::{collections::VecDeque, sync::Arc};

use kernel::{CommitRef, LogId, Position};
use log::{ReadCommits, ReadError};
use tokio::sync::watch;

use crate::{Commit, Decode, Inbox, Slice, batch::decode_all, status::Report};

/// The commits to apply next, from wherever they came.
pub(crate) enum Portion<E> {
    Slices { slices: Vec<Arc<Slice<E>>>, after: Position },
    Log(Vec<Commit<E>>),
}

impl<E: Send + Sync + 'static> Portion<E> {
    /// The commits that the view has not seen, oldest first.
    pub(crate) fn commits(&self) -> Vec<&Commit<E>> {
        match self {
            Self::Log(commits) => commits.iter().collect(),
            Self::Slices { slices, after } => {
                let mut seen = *after;
                let mut commits = Vec::new();
                for commit in slices.iter().flat_map(|slice| &slice.commits) {
                    if commit.last() > seen {
                        seen = commit.last();
                        commits.push(commit);
                    }
                }
                commits
            }
        }
    }
}

/// Where a view's commits come from.
pub(crate) struct Intake<E> {
    pub(crate) inbox: Inbox<E>,
    pub(crate) reachable: watch::Receiver<Position>,
    /// Raised when the view may be of another history than the log.
    pub(crate) recheck: watch::Receiver<u64>,
    pub(crate) log: Arc<dyn ReadCommits>,
    pub(crate) decoder: Arc<dyn Decode<Event = E>>,
    /// Events read from the log at a time, about.
    pub(crate) max_events: i64,
    /// Events taken from slices at a time, about. Slices are in memory already, and a view that rests for longer meets more.
    pub(crate) max_sliced: i64,
    pending: VecDeque<Arc<Slice<E>>>,
    /// The end of the log when the view was taken over: up to here there is something, even if no message says so.
    held: Position,
    refused: Option<LogId>,
}

impl<E: Send + Sync + 'static> Intake<E> {
    pub(crate) fn new(
        inbox: Inbox<E>,
        (reachable, recheck): (watch::Receiver<Position>, watch::Receiver<u64>),
        log: Arc<dyn ReadCommits>,
        decoder: Arc<dyn Decode<Event = E>>,
        (max_events, max_sliced): (i64, i64),
    ) -> Self {
        Self {
            inbox,
            reachable,
            recheck,
            log,
            decoder,
            max_events,
            max_sliced,
            pending: VecDeque::new(),
            held: Position::ZERO,
            refused: None,
        }
    }

    /// The log is known to end here, or later.
    pub(crate) fn holds(&mut self, head: Position) {
        self.held = head;
    }

    /// Waits until there is something beyond `after`, and does not take it; `false` if the view has to be checked first.
    pub(crate) async fn ready(&mut self, log: LogId, after: Position) -> bool {
        loop {
            if self.recheck.has_changed().unwrap_or(false) {
                return false;
            }
            self.receive(log, after);
            let reachable = *self.reachable.borrow_and_update();
            if !self.pending.is_empty() || reachable.max(self.held) > after {
                return true;
            }
            let slice = tokio::select! {
                slice = self.inbox.next() => slice,
                Ok(()) = self.recheck.changed() => return false,
                changed = self.reachable.changed() => match changed {
                    Ok(()) => None,
                    // The sender of the log's end is gone; only slices are left.
                    Err(_) => self.inbox.next().await,
                },
            };
            match slice {
                Some(slice) => self.keep(slice, log, after),
                None if self.reachable.has_changed().is_err() => std::future::pending().await,
                None => {}
            }
        }
    }

    /// Takes what follows the commit `at`: all the slices that wait and fit, or what the log holds if the next one is missing.
    /// An empty portion means that the log does not hold it yet.
    ///
    /// A view with parked keys hides events, so it cannot share its commits with the other views: it reads the log.
    pub(crate) async fn take(
        &mut self,
        log: LogId,
        at: Option<CommitRef>,
        report: &Report,
        share: bool,
    ) -> Result<Portion<E>, ReadError> {
        let after = at.map_or(Position::ZERO, |commit| commit.position);
        self.receive(log, after);
        let slices = if share { self.fitting(at) } else { Vec::new() };
        if !slices.is_empty() {
            return Ok(Portion::Slices { slices, after });
        }
        report.read_log();
        let commits = self.log.read_following(log, at, self.max_events).await?;
        Ok(Portion::Log(decode_all(&commits, self.decoder.as_ref())))
    }

    /// How many events such a portion may have, about.
    pub(crate) fn most(&self, portion: &Portion<E>) -> i64 {
        match portion {
            Portion::Slices { .. } => self.max_sliced,
            Portion::Log(_) => self.max_events,
        }
    }

    /// Forgets the slices that wait: something about them is not as it should be.
    pub(crate) fn forget(&mut self) {
        self.pending.clear();
        while self.inbox.waiting().is_some() {}
    }

    fn receive(&mut self, log: LogId, after: Position) {
        while self.pending.front().is_some_and(|slice| slice.last() <= after) {
            self.pending.pop_front();
        }
        let mut events: usize = self.pending.iter().map(|slice| slice.events()).sum();
        while (events as i64) < self.max_sliced {
            let Some(slice) = self.inbox.waiting() else { break };
            events += slice.events();
            self.keep(slice, log, after);
        }
    }

    fn keep(&mut self, slice: Arc<Slice<E>>, log: LogId, after: Position) {
        if slice.log != log {
            self.refuse(slice.log, log);
        } else if slice.last() > after {
            self.pending.push_back(slice);
        }
    }

    /// A position of another log means nothing here, however well it may fit.
    fn refuse(&mut self, found: LogId, expected: LogId) {
        metrics::counter!("projection_foreign_slices_total").increment(1);
        if self.refused.replace(found) != Some(found) {
            tracing::error!(
                log.found = %found,
                log.expected = %expected,
                "refused slices of another log; do two banks share a stream?"
            );
        }
    }

    /// The slices at the front that follow one another from the commit `at` on.
    fn fitting(&mut self, mut at: Option<CommitRef>) -> Vec<Arc<Slice<E>>> {
        let mut taken = Vec::new();
        let mut events = 0;
        while let Some(slice) = self.pending.front() {
            let end = at.map_or(Position::ZERO, |commit| commit.position);
            if slice.first() > end.next() || events >= self.max_sliced {
                break;
            }
            if !slice.goes_on_from(at) {
                self.doubt(end);
                break;
            }
            if slice.last() > end {
                at = slice.commits.last().map(Commit::reference);
                events += slice.events() as i64;
                taken.extend(self.pending.pop_front());
            } else {
                self.pending.pop_front();
            }
        }
        taken
    }

    /// A slice fits by its position, but follows another commit: the slice or the view is of another history, and only the
    /// log knows which. So all that is pending is dropped, and the log is read.
    fn doubt(&mut self, position: Position) {
        metrics::counter!("projection_other_history_slices_total").increment(1);
        tracing::warn!(
            view.position = position.number(),
            "a slice follows another commit than the view stands on; reading the log instead"
        );
        self.forget();
    }
}
