//! The gate itself.

use std::{future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use kernel::{ConsistencyToken, LogId, Position};
use tokio::time::{Instant, sleep_until, timeout_at};
use traces::{OpenSpan, TraceContext};

use super::{Board, Horizon, board::Waited};
use crate::{ReadsError, View};

/// A view is nearly always there this soon after the command's answer, so the log is not asked before.
const GRACE: Duration = Duration::from_millis(25);
/// How long the log may take to answer whether a position exists, even for a client who does not want to wait.
const JUDGEMENT: Duration = Duration::from_secs(1);
/// The pause before a query is made again that had seen less than the board promised: a replica is catching up.
const AGAIN: Duration = Duration::from_millis(20);
/// The `Retry-After` of an answer about a view that is behind.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How fresh an answer has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// At least as fresh as this.
    pub token: Option<ConsistencyToken>,
    /// At least this position of whatever log the views are fed from.
    pub position: Option<Position>,
    /// How long to wait for it.
    pub wait: Duration,
    /// Whether an older answer is better than none when the time is up.
    pub stale_ok: bool,
    /// Where the spans of the read belong.
    pub trace: TraceContext,
}

/// What a query saw, all of it in one snapshot.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    /// The data.
    pub value: T,
    /// How far the view had got; of several views, the one furthest behind.
    pub position: Position,
    /// When the commit at that position was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
    /// What the data lack although the position is beyond it; none if it is whole.
    pub missing: Option<Missing>,
}

/// Events that an operator parked and that an answer lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// How many events.
    pub events: i64,
    /// The first of them; none if nothing waits behind the parked key yet.
    pub first: Option<Position>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// Whether the answer is of use without them: of a list the rest is right.
    pub partial: bool,
}

impl Missing {
    /// Whether an answer without these events is none: it would show one thing, and wrong; or it would be older than the
    /// position that was asked for.
    fn forbids(&self, required: Position) -> bool {
        !self.partial || self.first.is_some_and(|first| first <= required)
    }
}

/// An answer and how fresh it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh<T> {
    /// The data.
    pub value: T,
    /// The position of the view it was read from; of several views, the lowest.
    pub position: Position,
    /// How long the first commit that is not in it has been waiting; zero if there is none.
    pub lag: Duration,
    /// Whether it is older than what was asked for, or lacks events that were parked.
    pub stale: bool,
    /// How many parked events it lacks.
    pub missing: i64,
}

impl<T> Fresh<T> {
    /// The same freshness of something made of the data.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Fresh<U> {
        Fresh {
            value: make(self.value),
            position: self.position,
            lag: self.lag,
            stale: self.stale,
            missing: self.missing,
        }
    }
}

/// Makes reads wait until their views are fresh enough.
#[derive(Clone)]
pub struct Gate {
    board: Arc<Board>,
    horizon: Arc<Horizon>,
}

impl Gate {
    /// A gate over what these two know.
    pub(crate) fn new(board: Arc<Board>, horizon: Arc<Horizon>) -> Self {
        Self { board, horizon }
    }

    /// Runs a query over these views once they are fresh enough, and again if what it saw was not: between the
    /// board's word and the query another generation may have been promoted or a replica may have answered.
    pub(crate) async fn read<T, F>(
        &self,
        views: &[View],
        need: &Need,
        query: impl Fn() -> F,
    ) -> Result<Fresh<T>, ReadsError>
    where
        F: Future<Output = Result<Seen<T>, ReadsError>>,
    {
        let begun = Instant::now();
        let answer = self.read_by(views, need, begun + need.wait, query).await;
        if need.token.is_some() || need.position.is_some() {
            let outcome = match &answer {
                Ok(fresh) if fresh.stale => "stale",
                Ok(_) => "fresh",
                Err(error) => error.outcome(),
            };
            metrics::counter!("jangbu_query_freshness_total", "outcome" => outcome).increment(1);
            metrics::histogram!("jangbu_query_freshness_wait_seconds").record(begun.elapsed().as_secs_f64());
        }
        answer
    }

    async fn read_by<T, F>(
        &self,
        views: &[View],
        need: &Need,
        deadline: Instant,
        query: impl Fn() -> F,
    ) -> Result<Fresh<T>, ReadsError>
    where
        F: Future<Output = Result<Seen<T>, ReadsError>>,
    {
        let required = need.token.map(|t| t.position).max(need.position).unwrap_or(Position::ZERO);
        self.same_history(views)?;
        let mut span = match required {
            Position::ZERO => OpenSpan::default(),
            _ => need.trace.begin("wait for views"),
        };
        span.number("log.position", required.number());
        let (admitted, held) = tokio::join!(self.admit(views, need, required, deadline), self.token_is_held(need));
        if admitted.is_err() {
            span.fail();
        }
        drop(span);
        // What is said of a token from the future is more than that the log does not hold it.
        if !held && !matches!(admitted, Err(ReadsError::FutureToken { .. })) {
            return Err(ReadsError::ForeignToken);
        }
        if let Err(error) = admitted
            && !(need.stale_ok && error.is_lateness())
        {
            return Err(error);
        }
        loop {
            let seen = query().await?;
            self.same_history(views)?;
            self.horizon.at_least(seen.position);
            let stale = seen.position < required;
            if stale && Instant::now() < deadline {
                sleep_until(deadline.min(Instant::now() + AGAIN)).await;
                continue;
            }
            if stale && !need.stale_ok {
                return Err(behind(views[0], required));
            }
            let missing = seen.missing.filter(|missing| !missing.partial || missing.events > 0);
            if let Some(missing) = missing.filter(|missing| missing.forbids(required) && !need.stale_ok) {
                // Waiting helps little here: an operator has to retry what was parked.
                return Err(ReadsError::Parked { view: views[0].name(), events: missing.events, first: missing.first });
            }
            let waits = missing.map_or(Duration::ZERO, |missing| self.horizon.since(missing.since));
            return Ok(Fresh {
                value: seen.value,
                position: seen.position,
                lag: self.horizon.lag(seen.position, seen.recorded_at).max(waits),
                stale: stale || missing.is_some(),
                missing: missing.map_or(0, |missing| missing.events),
            });
        }
    }

    /// An error if one of these views is of another history than the log: what it shows never was, or is no more.
    fn same_history(&self, views: &[View]) -> Result<(), ReadsError> {
        self.board.of_another_history(views).map_or(Ok(()), |view| Err(ReadsError::OtherHistory { view: view.name() }))
    }

    /// Whether the log holds the commit that the token names; yes, if it names none or if the log does not answer. A token of a
    /// former id of the log counts as far as that went, if it names its commit.
    async fn token_is_held(&self, need: &Need) -> bool {
        let Some(token) = need.token else { return true };
        if let Some(end) = self.horizon.end_of_former(token.log)
            && (token.tag.is_none() || token.position > end)
        {
            return false;
        }
        let Some(tag) = token.tag else { return true };
        self.horizon.holds(token.position, tag).await.unwrap_or(true)
    }

    /// Waits until the views are said to be there. Refuses what can never be satisfied.
    async fn admit(
        &self,
        views: &[View],
        need: &Need,
        required: Position,
        deadline: Instant,
    ) -> Result<(), ReadsError> {
        if required == Position::ZERO && need.token.is_none() {
            return Ok(());
        }
        let log_known = match self.same_log(views, need) {
            // The log may have been given a new id since the last look.
            Err(_) if self.horizon.look().await.is_ok() => self.same_log(views, need)?,
            known => known?,
        };
        let grace = deadline.min(Instant::now() + GRACE);
        if log_known && self.board.reached(views, required, grace).await == Waited::Reached {
            return Ok(());
        }
        if !log_known || self.horizon.head().is_none_or(|head| head.position < required) {
            self.judge(views, need, required, deadline).await?;
        }
        match self.board.reached(views, required, deadline).await {
            Waited::Reached if self.same_log(views, need)? => Ok(()),
            // Neither the views nor the log has said which log this is, so the log of the token cannot be checked.
            Waited::Reached => Err(behind(views[0], required)),
            Waited::TimedOut(view) => Err(behind(view, required)),
            Waited::Halted(view) => Err(ReadsError::Halted { view: view.name(), required }),
        }
    }

    /// Looks at the log while the views go on: whichever settles it first. If the log does not answer, the wait for the views decides.
    async fn judge(
        &self,
        views: &[View],
        need: &Need,
        required: Position,
        deadline: Instant,
    ) -> Result<(), ReadsError> {
        let give_up = deadline.max(Instant::now() + JUDGEMENT);
        let log_known = self.log_of(views).is_some();
        tokio::select! {
            biased;
            looked = timeout_at(give_up, self.horizon.look()) => {
                let Ok(Ok(head)) = looked else { return Ok(()) };
                if self.log_of(views).is_some_and(|log| !self.horizon.is_one_log(log, head.log)) {
                    // The views are fed from another log than the one that was configured: its head says nothing here.
                    return Ok(());
                }
                self.same_log(views, need)?;
                if head.position >= required {
                    return Ok(());
                }
                if need.token.is_some_and(|token| token.position == required) {
                    return Err(ReadsError::FutureToken { head: head.position });
                }
                Err(ReadsError::FuturePosition { head: head.position })
            }
            // A view that gets there proves that the position exists.
            Waited::Reached = self.board.reached(views, required, give_up), if log_known => Ok(()),
        }
    }

    /// Whether the token is known to be of this log; an error if it is known not to be.
    fn same_log(&self, views: &[View], need: &Need) -> Result<bool, ReadsError> {
        let Some(token) = need.token else { return Ok(true) };
        match self.log_of(views) {
            Some(log) if !self.horizon.is_one_log(log, token.log) => Err(ReadsError::ForeignToken),
            known => Ok(known.is_some()),
        }
    }

    /// The log these views are fed from; until they are, the log that was configured.
    fn log_of(&self, views: &[View]) -> Option<LogId> {
        let fed_from = views.iter().find_map(|&view| self.board.latest(view).and_then(|progress| progress.log));
        fed_from.or_else(|| self.horizon.log_id())
    }
}

impl ReadsError {
    /// Whether an older answer could be given instead.
    fn is_lateness(&self) -> bool {
        matches!(self, Self::Behind { .. } | Self::Halted { .. })
    }

    /// Its name in metrics.
    fn outcome(&self) -> &'static str {
        match self {
            Self::ForeignToken => "foreign",
            Self::FutureToken { .. } | Self::FuturePosition { .. } => "future",
            Self::Behind { .. } => "behind",
            Self::Parked { .. } => "parked",
            Self::Halted { .. } => "halted",
            Self::OtherHistory { .. } => "other-history",
            _ => "failed",
        }
    }
}

fn behind(view: View, required: Position) -> ReadsError {
    ReadsError::Behind { view: view.name(), required, retry_after: RETRY_AFTER }
}

#[cfg(test)]
mod tests;
