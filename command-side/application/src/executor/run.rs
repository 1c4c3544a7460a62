//! The loop: wait for work, take what is there, carry it out.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use kernel::{CommitRef, Ids, LogId};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    ExecutorOptions, Job, Log, desk::Cache, outbox::Outbox, recent::RecentAnswers, snapshots::SnapshotWriter,
    system::SystemAccounts,
};
use crate::{Command, ExecuteError};

/// What the executor holds between batches.
pub struct Run {
    pub log: Arc<dyn Log>,
    pub ids: Arc<dyn Ids>,
    pub options: ExecutorOptions,
    pub system: SystemAccounts,
    pub cache: Cache,
    pub recent: Arc<RecentAnswers>,
    pub outbox: Outbox,
    pub snapshots: SnapshotWriter,
    /// The last commit this server has written: everything it keeps is of a log that holds it.
    pub known: Option<(LogId, CommitRef)>,
    log_id: Option<LogId>,
}

/// How often an idle server looks whether the log is still the one it knows.
const LOOK: Duration = Duration::from_secs(1);

impl Run {
    pub fn new(log: Arc<dyn Log>, ids: Arc<dyn Ids>, options: ExecutorOptions, recent: Arc<RecentAnswers>) -> Self {
        Self {
            system: SystemAccounts::new(options.server_name.clone()),
            cache: Cache::new(NonZeroUsize::new(options.cached_streams).unwrap_or(NonZeroUsize::MIN)),
            snapshots: SnapshotWriter::start(log.clone()),
            known: None,
            log_id: None,
            log,
            ids,
            options,
            outbox: Outbox::new(recent.clone()),
            recent,
        }
    }

    /// Which log this is; it changes under a running server only together with all that it keeps.
    pub async fn log_id(&mut self) -> Result<LogId, log::ReadError> {
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
        metrics::counter!("executor_histories_forgotten").increment(1);
        (self.known, self.log_id) = (None, None);
        self.cache.clear();
        self.recent.clear();
    }

    /// Looks whether the log still holds what this server has written. A busy server learns it from its appends.
    async fn check_history(&mut self) {
        let Some((log, commit)) = self.known else { return };
        // A log that cannot be asked tells nothing.
        let (Ok(head), Ok(held)) = (self.log.head().await, self.log.commit_refs(&[commit.position]).await) else {
            return;
        };
        if head.log != log || held.first().copied().flatten() != Some(commit) {
            self.forget_history();
        }
    }

    /// Carries out commands until told to stop, then those already accepted.
    pub async fn serve(mut self, mut jobs: mpsc::Receiver<Job>, mut stop: mpsc::Receiver<()>) {
        let mut held = None;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if held.is_none() && jobs.is_empty() {
                self.outbox.send();
            }
            let first = match held.take() {
                Some(job) => Some(job),
                None => tokio::select! {
                    biased;
                    _ = stop.recv(), if !jobs.is_closed() => {
                        jobs.close();
                        continue;
                    }
                    job = jobs.recv() => job,
                    _ = look.tick() => {
                        self.check_history().await;
                        continue;
                    }
                },
            };
            let Some(first) = first else { return };
            let batch = self.gather(first, &mut jobs, &mut held);
            self.carry_out(batch).await;
        }
    }

    /// The first job and whatever queued behind it, up to the size of a batch; one too many is held for the next.
    fn gather(&self, first: Job, jobs: &mut mpsc::Receiver<Job>, held: &mut Option<Job>) -> Vec<Job> {
        let mut orders = weight(&first);
        let mut batch = Vec::with_capacity(jobs.len() + 1);
        batch.push(first);
        while orders < self.options.batch_orders {
            let Ok(job) = jobs.try_recv() else { break };
            if orders + weight(&job) > self.options.batch_orders {
                *held = Some(job);
                break;
            }
            orders += weight(&job);
            batch.push(job);
        }
        let now = Instant::now();
        let (late, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(|job| job.submission.deadline <= now);
        for job in late {
            metrics::counter!("executor_deadlines_passed").increment(1);
            job.finish(Err(ExecuteError::DeadlinePassed));
        }
        let (refused, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(|job| self.is_refused(job));
        for job in refused {
            metrics::counter!("executor_tokens_refused").increment(1);
            job.finish(Err(ExecuteError::TokenRefused));
        }
        metrics::histogram!("executor_batch_commands").record(batch.len() as f64);
        let queued = metrics::histogram!("executor_queue_seconds");
        batch.iter().for_each(|job| queued.record((now - job.queued_at).as_secs_f64()));
        batch
    }

    /// Whether the token of a command was revoked while the command waited.
    fn is_refused(&self, job: &Job) -> bool {
        let (Some(token), Some(revoked)) = (&job.submission.token, &self.options.revoked) else { return false };
        token.is_refused(revoked.as_ref())
    }
}

fn weight(job: &Job) -> usize {
    match &job.submission.command {
        Command::TransferBatch { orders, .. } => orders.len().max(1),
        _ => 1,
    }
}
