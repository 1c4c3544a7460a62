//! The loop of the auditor.

use std::{sync::Arc, time::Duration};

use audit::{Follower, Step};
use event_store_postgres::{AppendWatch, PostgresLog};
use kernel::{Clock, SystemClock};
use log::{AuditProgress, AuditStore, ReadCommits, ReadError, ReadHead};
use platform::shutdown::Shutdown;
use tokio::time::{Instant, sleep};

use crate::{
    checkpoint::Checkpoint,
    config::Config,
    status::{self, Status},
};

/// How often progress is reported while the log grows, and while it does not.
const REPORT: Duration = Duration::from_millis(200);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After an error of the store.
const RETRY: Duration = Duration::from_millis(500);

/// Follows the log until asked to stop.
pub(crate) async fn run(config: Config, log: PostgresLog, status: Arc<Status>, shutdown: Shutdown) {
    let mut checkpoint = Checkpoint::new(&config);
    let Some(mut audit) = Audit::begin(&config, &log, &mut checkpoint, &status, &shutdown).await else { return };
    let mut watch = AppendWatch::start((*log.pool().connect_options()).clone());
    while !shutdown.is_requested() {
        match audit.look().await {
            Ok(more) => {
                status.set(audit.follower.stuck().map(ToOwned::to_owned));
                checkpoint.write_if_due(audit.follower.state());
                if !more {
                    tokio::select! { () = shutdown.requested() => {}, _ = watch.wait(config.poll()) => {} }
                }
            }
            Err(error) => {
                status.set_failure(&error);
                tokio::select! { () = shutdown.requested() => {}, () = sleep(RETRY) => {} }
            }
        }
    }
    checkpoint.write(audit.follower.state());
}

/// What one auditor is doing.
struct Audit<'a> {
    config: &'a Config,
    log: &'a PostgresLog,
    follower: Follower,
    reported_at: Option<Instant>,
    /// What the last report said.
    reported: Option<i64>,
}

impl<'a> Audit<'a> {
    /// Once the log can be read: a checkpoint counts for one log only.
    async fn begin(
        config: &'a Config,
        log: &'a PostgresLog,
        checkpoint: &mut Checkpoint,
        status: &Status,
        shutdown: &Shutdown,
    ) -> Option<Self> {
        while !shutdown.is_requested() {
            match log.head().await {
                Ok(head) => {
                    let follower = Follower::new(Arc::new(log.clone()), checkpoint.read(head.log));
                    return Some(Self { config, log, follower, reported_at: None, reported: None });
                }
                Err(error) => status.set_failure(&error),
            }
            tokio::select! { () = shutdown.requested() => {}, () = sleep(RETRY) => {} }
        }
        None
    }

    /// Takes the next commits, raises what is wrong with them, and reports. Whether there may be more at once.
    async fn look(&mut self) -> Result<bool, ReadError> {
        let step = self.follower.step().await?;
        let rows_wait = self.follower.check_rows(self.config.sweep_rows, SystemClock.now()).await;
        // What the commits break is raised, whether rows could be read or not.
        self.raise().await?;
        let rows_wait = rows_wait?;
        status::compared(self.follower.take_compared(), self.follower.swept());
        if let Step::Audited(events) = step {
            status::audited(events);
        }
        if self.config.recheck_events > 0 {
            let events = self.follower.recheck(self.config.recheck_events, SystemClock.now()).await?;
            status::rechecked(events);
            self.raise().await?;
        }
        self.report_if_due().await?;
        Ok(rows_wait || matches!(step, Step::Audited(_)))
    }

    /// Raises what waits to be raised, in its order. An alarm that cannot be raised now stays first.
    async fn raise(&mut self) -> Result<(), ReadError> {
        while let (Some(alarm), Some(log)) = (self.follower.next_alarm(), self.follower.log_id()) {
            let raised = self.log.raise(&self.config.name, log, alarm).await?;
            match raised {
                Some(id) => {
                    status::raised();
                    tracing::error!(
                        alarm = id,
                        rule = alarm.rule,
                        log.position = alarm.position.number(),
                        "a rule of the books is broken: all commands are stopped; see `jangbu audit show`, then \
                         docs/runbooks/audit-alarm.md"
                    );
                }
                None => tracing::warn!(
                    rule = alarm.rule,
                    log.position = alarm.position.number(),
                    "a rule of the books is broken, and an alarm said so before"
                ),
            }
            self.follower.alarm_raised();
            self.reported = None;
        }
        Ok(())
    }

    async fn report_if_due(&mut self) -> Result<(), ReadError> {
        let position = self.follower.position();
        let pause = if self.reported == Some(position.number()) { HEARTBEAT } else { REPORT };
        let Some(log) = self.follower.log_id() else { return Ok(()) };
        if self.reported_at.is_some_and(|at| at.elapsed() < pause) {
            return Ok(());
        }
        let progress = AuditProgress {
            auditor: self.config.name.clone(),
            log,
            position,
            recorded_at: self.follower.standing().map(|standing| standing.recorded_at),
            audited_at: SystemClock.now(),
            rechecked: self.follower.rechecked(),
            invariants: self.follower.invariants(),
        };
        self.log.report(&progress).await?;
        (self.reported_at, self.reported) = (Some(Instant::now()), Some(position.number()));
        let head = self.log.head().await?;
        let waits_since = self.log.recorded_after(position).await?;
        let lag = waits_since.map_or(Duration::ZERO, |since| (SystemClock.now() - since).to_std().unwrap_or_default());
        status::stands(&progress, head.position, lag, self.log.stopped_by().await?.is_some());
        Ok(())
    }
}
