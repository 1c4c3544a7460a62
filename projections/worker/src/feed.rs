//! From JetStream to the views: each slice is read and decoded once, for all of them.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::{
    Client,
    jetstream::{
        self, Message,
        consumer::{DeliverPolicy, pull::OrderedConfig},
    },
};
use events::recorded::Event;
use futures::StreamExt;
use kernel::{LogId, Position};
use platform::nats;
use projection_engine::{Outlet, Slice};
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};
use views::Decoder;

use crate::seal_check::SealCheck;

/// Between two tries to open the stream.
const PAUSE: Duration = Duration::from_millis(500);

/// What the feed and the horizon share.
#[derive(Debug)]
pub(crate) struct Line {
    /// How far the stream has brought the log since it was opened; `None` until something came.
    pub(crate) heard: watch::Sender<Option<Position>>,
    /// Whether the stream is open, so that something may come.
    pub(crate) open: AtomicBool,
    /// The log has grown, but the stream says nothing: open it again.
    pub(crate) silent: Notify,
}

impl Line {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { heard: watch::Sender::new(None), open: AtomicBool::new(false), silent: Notify::new() })
    }

    fn set_open(&self, open: bool) {
        self.heard.send_replace(None);
        self.open.store(open, Ordering::Relaxed);
        metrics::gauge!("projector_stream_open").set(if open { 1.0 } else { 0.0 });
    }
}

/// Brings slices to the views for as long as it runs.
pub(crate) struct Feed {
    client: Client,
    seal_check: SealCheck,
    outlets: Vec<Outlet<Event>>,
    line: Arc<Line>,
    /// The log last refused, so that each is named once.
    foreign: Option<LogId>,
}

/// Why the stream ended.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error("the stream cannot be opened")]
    Open(#[source] Box<dyn Error + Send + Sync>),
    #[error("the stream broke")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
    #[error("the log grows, but the stream is silent")]
    Silent,
    #[error("the stream ended")]
    Ended,
}

impl Feed {
    pub(crate) fn new(client: Client, seal_check: SealCheck, outlets: Vec<Outlet<Event>>, line: Arc<Line>) -> Self {
        metrics::describe_counter!("projector_slices_total", "slices received from the stream");
        metrics::describe_counter!("projector_slices_dropped_total", "slices a busy view had no room for");
        metrics::describe_counter!("projector_slices_unreadable_total", "messages of a relay that hold no sound slice");
        metrics::describe_gauge!("projector_stream_open", "1 while slices can come from the stream");
        Self { client, seal_check, outlets, line, foreign: None }
    }

    /// Follows the stream for ever, opening it again whenever it ends. What is missed meanwhile, the views read from the log.
    /// `log` says which log is followed: nothing is delivered before that is known.
    pub(crate) async fn run(mut self, mut log: watch::Receiver<Option<LogId>>) {
        let mut warned = false;
        loop {
            if log.wait_for(Option::is_some).await.is_err() {
                return;
            }
            let error = self.follow(&log, &mut warned).await;
            self.line.set_open(false);
            // A relay that is down, or a stream that is not made yet, would fill the log with the same line.
            if !std::mem::replace(&mut warned, true) {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "no slices from the stream; the views follow the log itself"
                );
            }
            sleep(PAUSE).await;
        }
    }

    async fn follow(&mut self, log: &watch::Receiver<Option<LogId>>, warned: &mut bool) -> FeedError {
        let line = self.line.clone();
        let mut messages = match self.open().await {
            Ok(messages) => messages,
            Err(error) => return error,
        };
        line.set_open(true);
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                () = line.silent.notified() => return FeedError::Silent,
            };
            match message {
                None => return FeedError::Ended,
                Some(Err(error)) => return FeedError::Broken(error.into()),
                Some(Ok(message)) => {
                    if std::mem::take(warned) {
                        tracing::info!("slices come from the stream again");
                    }
                    let log = *log.borrow();
                    if let Some(log) = log {
                        self.deliver(&message, log);
                    }
                }
            }
        }
    }

    /// From now on only: the views read what is older from the log.
    async fn open(&self) -> Result<jetstream::consumer::pull::Ordered, FeedError> {
        let context = jetstream::new(self.client.clone());
        let stream = context.get_stream(self.seal_check.stream()).await.map_err(|e| FeedError::Open(e.into()))?;
        let config = OrderedConfig { deliver_policy: DeliverPolicy::New, ..OrderedConfig::default() };
        nats::warn_if_open(&self.client);
        let consumer = stream.create_consumer(config).await.map_err(|e| FeedError::Open(e.into()))?;
        consumer.messages().await.map_err(|e| FeedError::Open(e.into()))
    }

    /// Nothing in a message counts before the seal_check has let it in: not its slice, nor what its label says of how far
    /// the log is.
    fn deliver(&mut self, message: &Message, log: LogId) {
        let Some(authentic) = self.seal_check.admit(message) else { return };
        let label = authentic.label();
        if label.log != log {
            self.refuse(label.log, log);
            return;
        }
        match authentic.slice() {
            Ok(Some(slice)) => self.fan_out(&Arc::new(Slice::decode(&slice, &Decoder))),
            Ok(None) => {}
            Err(error) => {
                metrics::counter!("projector_slices_unreadable_total").increment(1);
                tracing::warn!(
                    log.position = label.last.number(),
                    error = &error as &dyn Error,
                    "a slice cannot be read; the views read the log instead"
                );
            }
        }
        self.line.heard.send_modify(|heard| *heard = Some(heard.map_or(label.last, |before| before.max(label.last))));
    }

    fn fan_out(&self, slice: &Arc<Slice<Event>>) {
        metrics::counter!("projector_slices_total").increment(1);
        for outlet in &self.outlets {
            if !outlet.offer(slice) {
                metrics::counter!("projector_slices_dropped_total").increment(1);
            }
        }
    }

    /// Two banks on one stream would otherwise be one.
    fn refuse(&mut self, found: LogId, expected: LogId) {
        metrics::counter!("projection_foreign_slices_total").increment(1);
        if self.foreign.replace(found) != Some(found) {
            tracing::error!(
                log.found = %found,
                log.expected = %expected,
                "refused slices of another log: check JANGBU_NATS_URL and JANGBU_NATS_STREAM"
            );
        }
    }
}
