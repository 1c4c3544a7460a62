//! A client of the public API that hides nothing of the answers.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use uuid::Uuid;

/// One person with a token.
#[derive(Clone, Debug)]
pub struct TestClient {
    pub http: reqwest::Client,
    pub command: String,
    pub query: String,
    pub token: String,
    pub id: Uuid,
    /// Why they do what they do, if it is said in a header.
    pub reason: String,
}

/// An answer with everything in it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Money as it stands in bodies.
pub fn money(asset: &str, amount: impl ToString) -> Value {
    json!({"asset": asset, "amount": amount.to_string()})
}

/// A key never used before in this process.
pub fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl TestClient {
    /// A request with this method to an absolute URL; the token and whatever else is given go along.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, url).timeout(Duration::from_secs(60));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !self.reason.is_empty() {
            let encoded: String = self.reason.bytes().map(|byte| format!("%{byte:02x}")).collect();
            request = request.header("jangbu-reason", encoded);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Ok(Answer { status, headers, body })
    }

    /// A command under a key; an error only if the connection broke.
    pub async fn try_post(&self, path: &str, key: &str, body: &Value) -> reqwest::Result<Answer> {
        let url = format!("{}{path}", self.command);
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send(Method::POST, &url, &headers, Some(body.to_string().into_bytes())).await
    }

    /// A command under a key.
    pub async fn post_keyed(&self, path: &str, key: &str, body: Value) -> Answer {
        self.try_post(path, key, &body).await.unwrap()
    }

    /// A command under a key of its own.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_keyed(path, &fresh_key(), body).await
    }

    /// A command that sets something, under a key of its own.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let (url, key) = (format!("{}{path}", self.command), fresh_key());
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        self.send(Method::PUT, &url, &headers, Some(body.to_string().into_bytes())).await.unwrap()
    }

    /// A command that changes something, under a key of its own.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        let (url, key) = (format!("{}{path}", self.command), fresh_key());
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        self.send(Method::PATCH, &url, &headers, Some(body.to_string().into_bytes())).await.unwrap()
    }

    /// A command that ends something, under a key; without a body.
    pub async fn delete_keyed(&self, path: &str, key: &str) -> Answer {
        let url = format!("{}{path}", self.command);
        self.send(Method::DELETE, &url, &[("idempotency-key", key)], None).await.unwrap()
    }

    /// The same under a key of its own.
    pub async fn delete(&self, path: &str) -> Answer {
        self.delete_keyed(path, &fresh_key()).await
    }

    /// A read.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, &format!("{}{path}", self.query), &[], None).await.unwrap()
    }

    /// A read no older than a token, again while the view says that it is behind.
    pub async fn get_at(&self, path: &str, token: &str) -> Answer {
        super::eventually(path, async || {
            let headers = [("consistency-token", token), ("prefer", "wait=5")];
            let answer = self.send(Method::GET, &format!("{}{path}", self.query), &headers, None).await;
            let answer = answer.map_err(|e| e.to_string())?;
            if answer.status == 503 { Err(answer.body.to_string()) } else { Ok(answer) }
        })
        .await
    }

    /// Opens an account of one's own.
    pub async fn open(&self, asset: &str) -> Uuid {
        self.post("/v1/accounts", json!({"asset": asset})).await.expect(201).id("account_id")
    }

    /// Brings money in from outside; needs an operator's or a service's token.
    pub async fn deposit(&self, account: Uuid, asset: &str, amount: impl ToString) -> Answer {
        let body = json!({"account_id": account, "money": money(asset, amount), "reference": "a test"});
        self.post("/v1/deposits", body).await.expect(201)
    }

    /// The body of a transfer of KRW.
    pub fn transfer_body(source: Uuid, destination: Uuid, amount: impl ToString) -> Value {
        json!({"source": source, "destination": destination, "money": money("KRW", amount)})
    }

    /// Moves KRW.
    pub async fn transfer(&self, source: Uuid, destination: Uuid, amount: impl ToString) -> Answer {
        self.post("/v1/transfers", Self::transfer_body(source, destination, amount)).await
    }

    /// An account's balance, no older than a token.
    pub async fn balance_at(&self, account: Uuid, token: &str) -> String {
        let answer = self.get_at(&format!("/v1/accounts/{account}"), token).await.expect(200);
        answer.text("balance")
    }
}

impl Answer {
    /// Itself, if the status is that one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Itself, if it is that problem in every particular that all problems share.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.body);
        assert_eq!(self.body["status"], status, "{}", self.body);
        assert_eq!(self.text("type"), format!("/problems/{code}"));
        assert!(!self.text("title").is_empty() && !self.text("request_id").is_empty(), "{}", self.body);
        self
    }

    /// The problem code, or nothing.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The consistency token.
    #[track_caller]
    pub fn token(&self) -> &str {
        self.header("consistency-token").unwrap_or_else(|| panic!("no consistency token: {}", self.body))
    }

    /// Whether the answer says that it is a replay.
    pub fn replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }

    /// A text field.
    #[track_caller]
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field}: {}", self.body)).to_owned()
    }

    /// An id field.
    #[track_caller]
    pub fn id(&self, field: &str) -> Uuid {
        self.text(field).parse().unwrap()
    }

    /// A number field.
    #[track_caller]
    pub fn number(&self, field: &str) -> i64 {
        self.body[field].as_i64().unwrap_or_else(|| panic!("no {field}: {}", self.body))
    }

    /// The list under `items`.
    #[track_caller]
    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items: {}", self.body))
    }
}
