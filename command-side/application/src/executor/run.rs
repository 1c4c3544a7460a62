//! The loop: wait for work, take what is there, carry it out.

use std::{num::NonZeroUsize, sync::Arc};

use kernel::{Ids, LogId};
use tokio::{sync::mpsc, time::Instant};

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
    log_id: Option<LogId>,
}

impl Run {
    pub fn new(log: Arc<dyn Log>, ids: Arc<dyn Ids>, options: ExecutorOptions, recent: Arc<RecentAnswers>) -> Self {
        Self {
            system: SystemAccounts::new(options.server_name.clone()),
            cache: Cache::new(NonZeroUsize::new(options.cached_streams).unwrap_or(NonZeroUsize::MIN)),
            snapshots: SnapshotWriter::start(log.clone()),
            log_id: None,
            log,
            ids,
            options,
            outbox: Outbox::new(recent.clone()),
            recent,
        }
    }

    /// Which log this is; it never changes under a running server.
    pub async fn log_id(&mut self) -> Result<LogId, log::ReadError> {
        if let Some(id) = self.log_id {
            return Ok(id);
        }
        let id = self.log.head().await?.log;
        self.log_id = Some(id);
        Ok(id)
    }

    /// Carries out commands until told to stop, then those already accepted.
    pub async fn serve(mut self, mut jobs: mpsc::Receiver<Job>, mut stop: mpsc::Receiver<()>) {
        let mut held = None;
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
