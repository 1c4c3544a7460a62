//! A receiver of webhooks that verifies what it is sent, and answers what a test tells it to.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex},
    time::Instant,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use uuid::Uuid;

/// What it does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answers with this status.
    Status(u16),
    /// Answers 503 and asks for a pause of so many seconds.
    Later(u32),
    /// Answers nothing.
    Nothing,
}

/// A message that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: Uuid,
    pub event: Value,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub reply: Reply,
    pub at: Instant,
}

/// Decides what is done with a message: its event, and how often that arrived before.
type Plan = Box<dyn FnMut(&Value, usize) -> Reply + Send>;

struct Inner {
    secrets: Mutex<Vec<String>>,
    received: Mutex<Vec<Received>>,
    forged: Mutex<Vec<String>>,
    plan: Mutex<Plan>,
}

/// A receiver, on a port of its own.
pub struct Receiver {
    pub url: String,
    inner: Arc<Inner>,
}

impl Receiver {
    pub async fn start(plan: impl FnMut(&Value, usize) -> Reply + Send + 'static) -> Self {
        let inner = Arc::new(Inner {
            secrets: Mutex::default(),
            received: Mutex::default(),
            forged: Mutex::default(),
            plan: Mutex::new(Box::new(plan)),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let router = Router::new().route("/hooks", post(take)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner }
    }

    /// One of these verifies whatever is sent.
    pub fn knows(&self, secret: String) {
        self.inner.secrets.lock().unwrap().push(secret);
    }

    /// Answers like this from now on.
    pub fn answers(&self, plan: impl FnMut(&Value, usize) -> Reply + Send + 'static) {
        *self.inner.plan.lock().unwrap() = Box::new(plan);
    }

    /// Everything that arrived so far. Nothing of it was forged.
    pub fn received(&self) -> Vec<Received> {
        assert_eq!(*self.inner.forged.lock().unwrap(), Vec::<String>::new());
        self.inner.received.lock().unwrap().clone()
    }

    /// What was taken, each event once, in the order in which they were taken first.
    pub fn taken(&self) -> Vec<Received> {
        let mut seen = HashMap::new();
        let taken = self.received().into_iter().filter(|received| matches!(received.reply, Reply::Status(200..=299)));
        taken.filter(|received| seen.insert(received.id, ()).is_none()).collect()
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let secrets = inner.secrets.lock().unwrap().clone();
    if !secrets.iter().any(|secret| Webhook::new(secret).unwrap().verify(&body, &headers).is_ok()) {
        inner.forged.lock().unwrap().push(format!("{headers:?} {}", String::from_utf8_lossy(&body)));
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let event: Value = serde_json::from_slice(&body).unwrap();
    let id: Uuid = headers["webhook-id"].to_str().unwrap().parse().unwrap();
    let reply = {
        let mut received = inner.received.lock().unwrap();
        let before = received.iter().filter(|received| received.id == id).count();
        let mut plan = inner.plan.lock().unwrap();
        let reply = (*plan)(&event, before);
        received.push(Received { id, event, headers, body, reply, at: Instant::now() });
        reply
    };
    match reply {
        Reply::Status(status) => (StatusCode::from_u16(status).unwrap(), "said the receiver").into_response(),
        Reply::Later(seconds) => {
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds.to_string())], "later").into_response()
        }
        Reply::Nothing => pending().await,
    }
}

/// Takes everything.
pub fn well(_: &Value, _: usize) -> Reply {
    Reply::Status(200)
}

/// Fails in every way, but at most three times with one event: then it takes it.
pub fn failing_at_random(seed: u64) -> impl FnMut(&Value, usize) -> Reply + Send {
    let mut random = SmallRng::seed_from_u64(seed);
    move |_, before| {
        let ways = [Reply::Status(500), Reply::Status(404), Reply::Status(302), Reply::Status(429), Reply::Nothing];
        match random.random_range(0..12_usize) {
            way @ 0..5 if before < 3 => ways[way],
            _ => Reply::Status(204),
        }
    }
}
