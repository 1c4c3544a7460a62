//! All other servers in one: it answers what a test put there, and remembers what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path, such as `GET /v1/views`.
    pub what: String,
    /// What followed a `?`.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

#[derive(Default)]
struct Known {
    answers: Mutex<HashMap<String, (u16, Value)>>,
    asked: Mutex<Vec<Asked>>,
}

/// Dropping it ends it.
pub struct Stub {
    pub url: String,
    known: Arc<Known>,
    serving: JoinHandle<()>,
}

impl Stub {
    pub async fn start() -> Self {
        let known = Arc::<Known>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(known.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Self { url, known, serving }
    }

    /// From now on this is answered, whatever follows a `?`, or to one with this after it. A text is answered as it is, all else as JSON.
    pub fn answers(&self, what: &str, status: u16, body: Value) {
        self.known.answers.lock().expect("not poisoned").insert(what.to_owned(), (status, body));
    }

    /// From now on nothing is known of it.
    pub fn forgets(&self, what: &str) {
        self.known.answers.lock().expect("not poisoned").remove(what);
    }

    /// What was asked so far with this method and path.
    pub fn asked(&self, what: &str) -> Vec<Asked> {
        self.known.asked.lock().expect("not poisoned").iter().filter(|asked| asked.what == what).cloned().collect()
    }

    /// Everything that would have changed something.
    pub fn commands(&self) -> Vec<String> {
        let asked = self.known.asked.lock().expect("not poisoned");
        asked.iter().map(|asked| asked.what.clone()).filter(|what| !what.starts_with("GET ")).collect()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(known): State<Arc<Known>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let what = format!("{} {}", parts.method, parts.uri.path());
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let exact = format!("{what}?{query}");
    known.asked.lock().expect("not poisoned").push(Asked { what: what.clone(), query, headers: parts.headers, body });
    let answer = {
        let answers = known.answers.lock().expect("not poisoned");
        answers.get(&exact).or_else(|| answers.get(&what)).cloned()
    };
    let detail = format!("there is nothing at {}", parts.uri.path());
    let missing = json!({"type": "/problems/not-found", "title": "There is nothing", "status": 404, "code": "not-found", "detail": detail});
    let (status, body) = answer.unwrap_or((404, missing));
    if status == 204 {
        return StatusCode::NO_CONTENT.into_response();
    }
    if let Value::String(text) = body {
        return text.into_response();
    }
    let token = [("consistency-token", "seen-by-the-operator")];
    (StatusCode::from_u16(status).expect("a status"), token, Json(body)).into_response()
}
