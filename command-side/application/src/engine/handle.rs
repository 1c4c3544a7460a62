//! The front of the engine: where commands are handed in.

use std::{fmt, sync::Arc, time::Duration};

use kernel::{CommandId, Ids};
use tasks::Task;
use tokio::{
    sync::{Mutex as AsyncMutex, mpsc, oneshot},
    time::timeout_at,
};

use super::{
    Claim, Command, EngineOptions, InFlight, Log, Receipt, Submission,
    queue::{Entrance, FairQueue, NotQueued},
    recent::RecentAnswers,
    run::Run,
    task::Job,
};
use crate::ExecuteError;

/// An engine, as it is seen from outside. Cheap to clone; the engine ends when the last clone is dropped.
pub struct Engine<R>(Arc<Front<R>>);

struct Front<R> {
    queue: Entrance<Job>,
    in_flight: InFlight,
    recent: Arc<RecentAnswers>,
    rules: Arc<R>,
    log: Arc<dyn Log>,
    ids: Arc<dyn Ids>,
    options: EngineOptions,
}

/// The answer of a full queue: nothing was written.
const OVERLOADED: ExecuteError = ExecuteError::Overloaded { retry_after: Duration::from_secs(1) };

/// An engine that ends, however it ends, answers nobody any more: who waits learns that at once.
struct AbandonAtEnd(Arc<FairQueue<Job>>);

impl Drop for AbandonAtEnd {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// The running engine: one task. Hold it to end the engine in order.
pub struct Running {
    stop: mpsc::Sender<()>,
    task: Task,
}

impl<R: Send + Sync + 'static> Engine<R> {
    /// Starts an engine on a log.
    pub fn spawn(log: Arc<dyn Log>, ids: Arc<dyn Ids>, rules: R, options: EngineOptions) -> (Self, Running) {
        options.metrics.describe();
        let (queue, jobs) = Entrance::new(options.queue);
        let (stop, stopped) = mpsc::channel(1);
        let recent = Arc::new(RecentAnswers::new(options.cached_answers));
        let stopped = Arc::new(AsyncMutex::new(stopped));
        let serve = {
            let (log, ids, options, recent) = (log.clone(), ids.clone(), options.clone(), recent.clone());
            let jobs = jobs.clone();
            move || {
                let run = Run::new((log.clone(), ids.clone()), options.clone(), jobs.clone(), recent.clone());
                let stopped = stopped.clone();
                async move { run.serve(&mut *stopped.lock().await).await }
            }
        };
        let task = match options.is_vital {
            // What it holds of a batch cannot be given to another: without it the process ends, and answers are told from the log.
            true => {
                let (serving, end) = (serve(), AbandonAtEnd(jobs));
                tasks::vital(options.name, async move {
                    let _end = end;
                    serving.await;
                })
            }
            false => tasks::until_done(options.name, serve),
        };
        let front = Front { queue, in_flight: InFlight::default(), recent, rules: Arc::new(rules), log, ids, options };
        (Self(Arc::new(front)), Running { stop, task })
    }

    /// Carries out a command and answers when the outcome is durable.
    ///
    /// A command that was accepted is carried out even if the caller goes away. Past the deadline and a grace, for an
    /// append that was under way, the answer is [`ExecuteError::OutcomeUnknown`].
    pub async fn execute<C: Command<Rules = R>>(
        &self,
        submission: Submission<C>,
    ) -> Result<Receipt<C::Answer>, C::Error> {
        if let Some(replay) = self.0.recent.replay(&submission.meta) {
            return replay.map_err(C::Error::from);
        }
        let claim = self.claim(submission.meta.command_id)?;
        self.execute_claimed(claim, submission).await
    }

    /// The right to carry out a command; an error if somebody has it.
    pub fn claim(&self, command: CommandId) -> Result<Claim, ExecuteError> {
        self.0.in_flight.claim(command).ok_or(ExecuteError::InFlight)
    }

    /// Carries out a command that was claimed; else as [`Engine::execute`].
    pub async fn execute_claimed<C: Command<Rules = R>>(
        &self,
        claim: Claim,
        submission: Submission<C>,
    ) -> Result<Receipt<C::Answer>, C::Error> {
        let Submission { actor, meta, act, command } = submission;
        let (reply, answered) = oneshot::channel();
        let job = Job::new((actor, meta, act), (command, self.0.rules.clone()), claim, reply);
        let displaced = self.0.queue.push(job).map_err(|error| match error {
            NotQueued::Full => OVERLOADED,
            NotQueued::Closed => ExecuteError::ShuttingDown,
        })?;
        if let Some(displaced) = displaced {
            displaced.fail(OVERLOADED);
        }
        match timeout_at(meta.deadline + self.0.options.grace, answered).await {
            Ok(Ok(result)) => result,
            // The engine died with the command in hand, or takes too long.
            Ok(Err(_)) | Err(_) => Err(ExecuteError::OutcomeUnknown.into()),
        }
    }

    /// Whether the engine is there to take commands.
    pub fn is_alive(&self) -> bool {
        !self.0.queue.is_closed()
    }

    /// How many commands are waiting.
    pub fn waiting(&self) -> usize {
        self.0.queue.waiting()
    }

    /// How much this engine has taken from its queue since it began, by the weight of the commands.
    pub fn taken(&self) -> u64 {
        self.0.queue.taken()
    }

    pub(super) fn rules(&self) -> &R {
        &self.0.rules
    }

    pub(super) fn log(&self) -> &dyn Log {
        self.0.log.as_ref()
    }

    pub(super) fn ids(&self) -> &dyn Ids {
        self.0.ids.as_ref()
    }

    pub(super) fn options(&self) -> &EngineOptions {
        &self.0.options
    }
}

impl<R> Clone for Engine<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> fmt::Debug for Engine<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.0.options.name).finish()
    }
}

impl Running {
    /// Takes no more commands, carries out the accepted ones, and ends.
    pub async fn drain(self) {
        let _ = self.stop.send(()).await;
        self.task.ended().await;
    }
}
