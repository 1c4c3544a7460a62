//! The side that forwards: hands commands to the connection there is, and keeps one to the server that leads.

use std::{
    error::Error,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use application::{Answer, ExecuteError, Submission};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, timeout, timeout_at},
};
use traces::SpanKind;

use super::{
    handshake::introduce,
    keys::InternalKeys,
    message::{Forwarded, Reply},
    outgoing::{self, Queued},
};

/// Where the server that leads takes commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its address.
    pub address: String,
    /// Its epoch: a newer leader at the same address is another target.
    pub epoch: i64,
}

/// How commands are forwarded.
#[derive(Clone, Copy, Debug)]
pub struct ForwarderOptions {
    /// How many commands may be on their way.
    pub limit: usize,
    /// How long after its deadline an answer is still waited for.
    pub grace: Duration,
}

/// Why there is no answer from the server that leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardError {
    /// There is no connection: nothing was sent.
    NotConnected,
    /// It was sent, and may have been executed: the connection broke, or the answer took too long.
    Lost,
    /// It was answered with an error.
    Failed(ExecuteError),
}

/// Forwards commands. Cheap to clone.
#[derive(Clone)]
pub struct Forwarder(Arc<Shared>);

struct Shared {
    keys: Arc<InternalKeys>,
    options: ForwarderOptions,
    line: Mutex<Option<mpsc::UnboundedSender<Queued>>>,
    waiting: AtomicUsize,
}

/// Counts a command as long as it is on its way.
struct OnItsWay<'a>(&'a AtomicUsize);

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

const CONNECT_LIMIT: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

impl Forwarder {
    /// With these keys. Nothing is forwarded before [`Forwarder::follow`] runs.
    pub fn new(keys: Arc<InternalKeys>, options: ForwarderOptions) -> Self {
        let (line, waiting) = (Mutex::new(None), AtomicUsize::new(0));
        Self(Arc::new(Shared { keys, options, line, waiting }))
    }

    /// Whether there is a connection to the server that leads.
    pub fn is_connected(&self) -> bool {
        self.line().is_some()
    }

    /// How many commands are on their way.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Has a command executed by the server that leads.
    pub async fn execute(&self, submission: &Submission) -> Result<Answer, ForwardError> {
        let on_its_way = self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let _on_its_way = OnItsWay(&self.0.waiting);
        if on_its_way >= self.0.options.limit {
            let retry_after = Duration::from_secs(1);
            return Err(ForwardError::Failed(ExecuteError::Overloaded { retry_after }));
        }
        let Some(line) = self.line().clone() else { return Err(ForwardError::NotConnected) };
        let mut span = submission.meta.trace.begin("forward to the leader").of_kind(SpanKind::Client);
        let json = Forwarded::json(submission, span.id()).map_err(|error| {
            tracing::error!(error = &error as &dyn Error, "a command cannot be written as JSON");
            ForwardError::Failed(ExecuteError::Internal)
        })?;
        let started = Instant::now();
        let (reply, answered) = oneshot::channel();
        let deadline = submission.meta.deadline;
        line.send(Queued { json, deadline, reply }).map_err(|_| ForwardError::NotConnected)?;
        // A connection that ends drops what it holds: nobody waits for a broken one.
        let reply = timeout_at(deadline + self.0.options.grace, answered).await;
        metrics::histogram!("forward_seconds").record(started.elapsed().as_secs_f64());
        match reply {
            Ok(Ok(reply)) => Reply::result(reply).map_err(ForwardError::Failed),
            Ok(Err(_)) | Err(_) => {
                metrics::counter!("forward_failures_total").increment(1);
                span.fail();
                Err(ForwardError::Lost)
            }
        }
    }

    /// Keeps a connection to the server that leads, for ever.
    pub async fn follow(self, mut target: watch::Receiver<Option<Target>>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(leader) = target.borrow_and_update().clone() else {
                if target.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let was_connected = tokio::select! {
                was_connected = self.stay_connected(&leader) => was_connected,
                _ = target.changed() => true,
            };
            self.disconnect();
            pause = if was_connected { FIRST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
            tokio::select! { () = sleep(pause) => {} _ = target.changed() => {} }
        }
    }

    /// Connects, and returns when the connection has ended: whether there was one.
    async fn stay_connected(&self, leader: &Target) -> bool {
        let Ok(Ok(mut stream)) = timeout(CONNECT_LIMIT, TcpStream::connect(&leader.address)).await else {
            tracing::debug!(leader.address, "the server that leads does not answer at its internal address");
            return false;
        };
        // Frames are written whole: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let tags = match introduce(&mut stream, &self.0.keys).await {
            Ok(tags) => tags,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, leader.address, "the server that leads is not connected");
                return false;
            }
        };
        let (line, queue) = mpsc::unbounded_channel();
        *self.line() = Some(line);
        metrics::gauge!("forward_connected").set(1.0);
        tracing::info!(leader.address, leader.epoch, "commands are forwarded to the server that leads");
        let ended = outgoing::run(stream, tags, queue).await;
        tracing::info!(reason = ended.to_string(), leader.address, "the connection to the server that leads has ended");
        true
    }

    /// What is queued is dropped with the connection, which is said to those who wait.
    fn disconnect(&self) {
        *self.line() = None;
        metrics::gauge!("forward_connected").set(0.0);
    }

    fn line(&self) -> MutexGuard<'_, Option<mpsc::UnboundedSender<Queued>>> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
