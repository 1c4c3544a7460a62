//! What the engine holds between batches, and what it takes from its queue.

use std::sync::Arc;

use kernel::{CommitRef, Ids, LogId};
use log::ReadError;
use tokio::time::Instant;

use super::{
    EngineOptions, Log, UnitOfWork,
    outbox::Outbox,
    parking::Parking,
    queue::{FairQueue, Waiting},
    recent::RecentAnswers,
    spans,
    task::Job,
};
use crate::ExecuteError;

/// What the engine holds between batches.
pub struct Run {
    pub log: Arc<dyn Log>,
    pub ids: Arc<dyn Ids>,
    pub options: EngineOptions,
    pub queue: Arc<FairQueue<Job>>,
    /// Taken from the queue for a batch that did not come about. They go first into the next one.
    pub undecided: Vec<Job>,
    pub unit: UnitOfWork,
    pub recent: Arc<RecentAnswers>,
    pub outbox: Outbox,
    pub parking: Parking,
    /// The newest commit this server has written or seen: everything it keeps is of a log that holds it.
    pub known: Option<(LogId, CommitRef)>,
    /// The term of this server in which everything it keeps was read.
    pub term: Option<i64>,
    /// The alarm that stopped the last append: it is logged once.
    pub stopped_by: Option<i64>,
    log_id: Option<LogId>,
}

impl Run {
    pub fn new(
        (log, ids): (Arc<dyn Log>, Arc<dyn Ids>),
        options: EngineOptions,
        queue: Arc<FairQueue<Job>>,
        recent: Arc<RecentAnswers>,
    ) -> Self {
        Self {
            parking: Parking::new(log.clone(), queue.clone()),
            queue,
            undecided: Vec::new(),
            unit: UnitOfWork::new(options.cached_streams, options.metrics),
            known: None,
            term: None,
            stopped_by: None,
            log_id: None,
            log,
            ids,
            options,
            outbox: Outbox::new(recent.clone()),
            recent,
        }
    }

    /// Which log this is; it changes under a running server only together with all that it keeps.
    pub async fn log_id(&mut self) -> Result<LogId, ReadError> {
        if let Some(id) = self.log_id {
            return Ok(id);
        }
        let id = self.log.head().await?.log;
        self.log_id = Some(id);
        Ok(id)
    }

    /// Forgets everything: the log is another history than what was kept, or has another id. What was answered before is not in
    /// it any more, or may not be.
    pub fn forget_history(&mut self) {
        tracing::error!("the log was restored or given a new id: forgetting what was kept of it");
        metrics::counter!(self.options.metrics.histories_forgotten).increment(1);
        (self.known, self.log_id) = (None, None);
        self.unit.forget();
        self.recent.clear();
    }

    /// Takes note of the term. Whether it is another one: then another server may have led meanwhile, and what was kept is forgotten. Appends
    /// find changes of the streams that they add to, and none of those that a decision only looks at, such as the limits.
    pub fn begin_term(&mut self) -> bool {
        let term = self.log.term();
        let is_new = term != self.term;
        if is_new {
            self.term = term;
            self.unit.forget_cache();
        }
        is_new
    }

    /// Looks whether the log still holds what this server knows. A busy server learns it from its appends.
    pub async fn check_history(&mut self) {
        // A log that cannot be asked tells nothing.
        if self.known.is_some() && matches!(self.saw_the_log().await, Ok(false)) {
            self.forget_history();
        }
    }

    /// To be called after every read of the log whose result is kept: from now on the log must hold its last commit of this
    /// moment. `false` if it does not hold what was known before: it is another history, and what was read fits nothing.
    ///
    /// The order matters. The end is asked for after the read, so it holds all that was read; what was known is looked for
    /// after that, so a log that was restored in between shows now or at the next append.
    pub async fn saw_the_log(&mut self) -> Result<bool, ReadError> {
        let seen = self.look_at_end().await;
        if seen.is_err() {
            // What was read is worth nothing without knowing of which log it is.
            self.unit.forget_cache();
        }
        seen
    }

    async fn look_at_end(&mut self) -> Result<bool, ReadError> {
        let head = self.log.head().await?;
        self.unit.set_clock(head.now);
        let Some(commit) = head.commit else { return Ok(self.known.is_none()) };
        if let Some((log, known)) = self.known {
            if head.log != log {
                return Ok(false);
            }
            if known == commit {
                return Ok(true);
            }
            let held = self.log.commit_refs(&[known.position]).await?;
            if held.first().copied().flatten() != Some(known) {
                return Ok(false);
            }
        }
        self.known = Some((head.log, commit));
        Ok(true)
    }

    /// The next batch, without what came too late.
    pub fn gather(&mut self) -> Vec<Job> {
        let mut batch = std::mem::take(&mut self.undecided);
        let weight: usize = batch.iter().map(Waiting::weight).sum();
        batch.extend(self.take_more(weight));
        self.admit(batch)
    }

    /// Commands that go first into the next batch.
    pub fn put_first(&mut self, mut jobs: Vec<Job>) {
        jobs.append(&mut self.undecided);
        self.undecided = jobs;
    }

    /// More commands for a batch that weighs so much.
    pub fn take_more(&self, weight: usize) -> Vec<Job> {
        let limit = self.options.batch_weight;
        let jobs = if weight == 0 { self.queue.take(limit) } else { self.queue.take_more(weight, limit) };
        let now = Instant::now();
        let queued = metrics::histogram!(self.options.metrics.queue_seconds);
        for job in &jobs {
            queued.record((now - job.queued_at).as_secs_f64());
            spans::taken(job);
        }
        jobs
    }

    /// Those that did not come too late, and whose tokens count. The others are answered.
    pub fn admit(&self, jobs: Vec<Job>) -> Vec<Job> {
        let now = Instant::now();
        let (late, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.meta.deadline <= now);
        for job in late {
            metrics::counter!(self.options.metrics.deadlines_passed).increment(1);
            job.fail(ExecuteError::DeadlinePassed);
        }
        self.with_tokens_that_hold(jobs)
    }

    /// Whether nothing was revoked since the commands were looked at.
    pub fn do_all_tokens_hold<'a>(&self, jobs: impl IntoIterator<Item = &'a Job>) -> bool {
        let Some(revoked) = &self.options.revoked else { return true };
        let mut tokens = jobs.into_iter().filter_map(|job| job.meta.token);
        !tokens.any(|token| token.is_refused(revoked.as_ref()) || token.is_unsure(revoked.as_ref()))
    }

    /// The commands whose tokens still count; the others are answered. A command waits in the queue, and for the streams
    /// and the log in each try: what was revoked before its append began moves nothing.
    pub fn with_tokens_that_hold(&self, jobs: Vec<Job>) -> Vec<Job> {
        let Some(revoked) = &self.options.revoked else { return jobs };
        let mut holding = Vec::with_capacity(jobs.len());
        for job in jobs {
            let token = job.meta.token;
            if token.is_some_and(|token| token.is_refused(revoked.as_ref())) {
                metrics::counter!(self.options.metrics.tokens_refused).increment(1);
                job.fail(ExecuteError::TokenRefused);
            } else if token.is_some_and(|token| token.is_unsure(revoked.as_ref())) {
                // This process stood still while the command waited.
                metrics::counter!(self.options.metrics.deadlines_passed).increment(1);
                job.fail(ExecuteError::DeadlinePassed);
            } else {
                holding.push(job);
            }
        }
        holding
    }
}
