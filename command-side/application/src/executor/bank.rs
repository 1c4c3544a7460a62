//! The front of the executor: where commands are handed in.

use std::{sync::Arc, time::Duration};

use kernel::Ids;
use tasks::Task;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{ExecutorOptions, Job, Log, in_flight::InFlight, recent::RecentAnswers, run::Run};
use crate::{Answer, ExecuteError, Submission};

/// The bank, as its routes see it. Cheap to clone.
#[derive(Clone)]
pub struct Bank {
    queue: mpsc::Sender<Job>,
    in_flight: InFlight,
    recent: Arc<RecentAnswers>,
    grace: Duration,
}

/// The running executor: one task. Hold it to end the bank in order.
pub struct Executor {
    stop: mpsc::Sender<()>,
    task: Task,
}

impl Bank {
    /// Starts an executor on a log.
    pub fn start(log: Arc<dyn Log>, ids: Arc<dyn Ids>, options: ExecutorOptions) -> (Self, Executor) {
        let (queue, jobs) = mpsc::channel(options.queue.max(1));
        let (stop, stopped) = mpsc::channel(1);
        let recent = Arc::new(RecentAnswers::new(options.cached_answers));
        let grace = options.grace;
        let run = Run::new(log, ids, options, recent.clone());
        // What it holds of a batch cannot be given to another: without it the process ends, and answers are told from the log.
        let task = tasks::vital("executor", run.serve(jobs, stopped));
        (Self { queue, in_flight: InFlight::default(), recent, grace }, Executor { stop, task })
    }

    /// Carries out a command and answers when the outcome is durable.
    ///
    /// A command that was accepted is carried out even if the caller goes away. Past the deadline and a grace, for an
    /// append that was under way, the answer is [`ExecuteError::OutcomeUnknown`].
    pub async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        if let Some(replay) = self.recent.replay(&submission) {
            return replay;
        }
        let claim = self.in_flight.claim(submission.command_id).ok_or(ExecuteError::InFlight)?;
        let patience = submission.deadline + self.grace;
        let (answer, answered) = oneshot::channel();
        let job = Job { submission, queued_at: Instant::now(), answer, claim };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ExecuteError::Overloaded { retry_after: Duration::from_secs(1) },
            mpsc::error::TrySendError::Closed(_) => ExecuteError::ShuttingDown,
        })?;
        match tokio::time::timeout_at(patience, answered).await {
            Ok(Ok(result)) => result,
            // The executor died with the command in hand.
            Ok(Err(_)) | Err(_) => Err(ExecuteError::OutcomeUnknown),
        }
    }

    /// Whether the executor is there to take commands.
    pub fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }

    /// How many commands are waiting.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

impl Executor {
    /// Takes no more commands, carries out the accepted ones, and ends.
    pub async fn drain(self) {
        let _ = self.stop.send(()).await;
        self.task.ended().await;
    }
}
