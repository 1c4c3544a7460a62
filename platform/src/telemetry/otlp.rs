//! Sends spans to a collector: OTLP 1.x over HTTP, as protobuf.

use std::{sync::Arc, time::Duration};

use kernel::{Ids, RandomIds};
use prost::Message;
use reqwest::{Client, Response, Url, header::CONTENT_TYPE, redirect::Policy};
use tokio::{
    sync::{Mutex as AsyncMutex, mpsc, oneshot},
    time::sleep,
};
use traces::Span;

use super::{
    otlp_form::{Form, rejected},
    trace_options::TraceError,
};

/// Spans in one request.
const BATCH: usize = 512;
/// How long spans are gathered for a request that is not full.
const GATHER: Duration = Duration::from_millis(250);
/// How long the collector may take for a request. Meanwhile spans fill the queue, and then they are dropped.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// So much of an answer is read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Takes spans from their queue and sends them. It never ends by itself.
#[derive(Clone)]
pub(super) struct Exporter(Arc<Parts>);

struct Parts {
    client: Client,
    endpoint: Url,
    form: Form,
    inbox: AsyncMutex<Inbox>,
}

struct Inbox {
    spans: mpsc::Receiver<Span>,
    flushes: mpsc::Receiver<oneshot::Sender<()>>,
    is_failing: bool,
}

impl Exporter {
    /// What spans are sent with. Before anything is recorded: an error leaves nothing behind.
    pub(super) fn client() -> Result<Client, TraceError> {
        Client::builder().timeout(TIME_LIMIT).redirect(Policy::none()).build().map_err(TraceError::Client)
    }

    pub(super) fn new(
        service: &'static str,
        (client, endpoint): (Client, Url),
        spans: mpsc::Receiver<Span>,
        flushes: mpsc::Receiver<oneshot::Sender<()>>,
    ) -> Self {
        let form = Form::new(service, RandomIds.fresh());
        let inbox = AsyncMutex::new(Inbox { spans, flushes, is_failing: false });
        Self(Arc::new(Parts { client, endpoint, form, inbox }))
    }

    /// Sends what comes, for ever.
    pub(super) async fn run(self) {
        let mut inbox = self.0.inbox.lock().await;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let Inbox { spans, flushes, .. } = &mut *inbox;
            let flushed = tokio::select! {
                // The recorder keeps its end for ever.
                _ = spans.recv_many(&mut batch, BATCH) => None,
                Some(flushed) = flushes.recv() => Some(flushed),
            };
            if flushed.is_none() && batch.len() < BATCH {
                sleep(GATHER).await;
            }
            loop {
                while batch.len() < BATCH
                    && let Ok(span) = inbox.spans.try_recv()
                {
                    batch.push(span);
                }
                let is_full = batch.len() == BATCH;
                if !batch.is_empty() {
                    self.send(&mut batch, &mut inbox.is_failing).await;
                }
                if flushed.is_none() || !is_full {
                    break;
                }
            }
            if let Some(flushed) = flushed {
                // Who asked may have gone.
                let _ = flushed.send(());
            }
        }
    }

    /// What does not arrive is dropped and counted: a span is not worth a second try, and later ones wait.
    async fn send(&self, batch: &mut Vec<Span>, is_failing: &mut bool) {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let taken = self.post(self.0.form.request(batch.drain(..)).encode_to_vec()).await;
        let was_failing = std::mem::replace(is_failing, taken.is_err());
        match taken {
            Ok(rejected) => {
                let rejected = rejected.min(count);
                metrics::counter!("trace_spans_total").increment(count - rejected);
                if rejected > 0 {
                    metrics::counter!("trace_spans_dropped_total", "reason" => "rejected").increment(rejected);
                }
                if was_failing {
                    tracing::info!("the collector takes spans again");
                }
            }
            Err(failure) => {
                metrics::counter!("trace_spans_dropped_total", "reason" => "collector").increment(count);
                if !was_failing {
                    tracing::warn!(error = failure, "the collector does not take spans; they are dropped and counted");
                }
            }
        }
    }

    /// How many spans the collector rejected of those that it took; else why it took none.
    async fn post(&self, body: Vec<u8>) -> Result<u64, String> {
        let request = self.0.client.post(self.0.endpoint.clone());
        let sent = request.header(CONTENT_TYPE, "application/x-protobuf").body(body).send().await;
        // The address may hold a password.
        let answer = sent.map_err(|error| error.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(format!("it answered {}", answer.status()));
        }
        Ok(rejected(&read(answer).await))
    }
}

/// The body of an answer, so that its connection can be used again. What is too long or breaks off says nothing.
async fn read(mut answer: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Vec::new();
        }
        body.extend_from_slice(&chunk);
    }
    body
}
