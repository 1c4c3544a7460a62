//! Somebody who asks the bank over HTTP: not measured, and an error wherever the answer is not what it should be.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use kernel::{Ids, RandomIds};
use serde_json::Value;
use testkit::connection::{Connection, Request};

/// Asks the command server and the query server with one token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub command: SocketAddr,
    pub query: SocketAddr,
    pub token: String,
}

impl Caller {
    /// The same with another token.
    pub fn with(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Asks under a key of its own: the query server with `GET`, else the command server. Null, if the answer has no body.
    pub async fn ask(&self, method: &str, path: &str, body: (&str, &str)) -> Result<Value> {
        self.answer(method, path, body).await?.with_context(|| format!("{method} {path}: there is no such thing"))
    }

    /// The same; none if there is no such thing, or the views do not show it yet.
    async fn answer(&self, method: &str, path: &str, (body, content_type): (&str, &str)) -> Result<Option<Value>> {
        let key = RandomIds.fresh().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let mut connection = Connection::to(if method == "GET" { self.query } else { self.command });
        let request = Request { method, path, token: &self.token, headers: &headers, body, content_type };
        let reply = connection.send(&request).await.with_context(|| format!("{method} {path}"))?;
        match reply.status {
            200..=202 => Ok(Some(serde_json::from_slice(reply.body)?)),
            204 => Ok(Some(Value::Null)),
            404 => Ok(None),
            status => bail!("{method} {path} was answered {status}: {}", String::from_utf8_lossy(reply.body)),
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, ("", "")).await
    }

    /// None as long as the views do not show it.
    pub async fn find(&self, path: &str) -> Result<Option<Value>> {
        self.answer("GET", path, ("", "")).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask("POST", path, (&body.to_string(), "")).await
    }
}
