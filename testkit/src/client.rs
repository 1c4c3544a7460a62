//! A small client of both HTTP APIs, as an app's back end would have one: it keeps its key and asks again.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use kernel::{Actor, Ids, MemberId, RandomIds, Role};
use reqwest::{
    RequestBuilder,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;

use crate::kit::Keys;

/// How long to go on asking for the answer to one command.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The two servers, and the key to sign tokens with.
#[derive(Clone, Debug)]
pub struct Bank {
    http: reqwest::Client,
    keys: Arc<Keys>,
    /// Where commands go.
    pub command_url: String,
    /// Where reads go.
    pub query_url: String,
}

impl Bank {
    /// A bank at these URLs.
    pub fn new(command_url: impl Into<String>, query_url: impl Into<String>, keys: Arc<Keys>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .tcp_nodelay(true)
            .timeout(Duration::from_secs(30))
            .build()
            .context("no HTTP client")?;
        Ok(Self { http, keys, command_url: command_url.into(), query_url: query_url.into() })
    }

    /// Someone who may call it: with a token for a day.
    pub fn caller(&self, actor: Actor) -> Caller {
        self.caller_with(actor, self.keys.token(actor, 24))
    }

    /// Someone who calls it with any token, right or wrong.
    pub fn caller_with(&self, actor: Actor, bearer: String) -> Caller {
        Caller { bank: self.clone(), actor, bearer }
    }

    /// A member nobody has heard of yet.
    pub fn member(&self) -> Caller {
        self.someone(Role::Member)
    }

    /// An operator nobody has heard of yet.
    pub fn operator(&self) -> Caller {
        self.someone(Role::Operator)
    }

    /// A service nobody has heard of yet.
    pub fn service(&self) -> Caller {
        self.someone(Role::Service)
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Caller {
        self.caller_with(Actor { role: Role::Member, id: MemberId::new(uuid::Uuid::nil()) }, String::new())
    }

    fn someone(&self, role: Role) -> Caller {
        self.caller(Actor { role, id: MemberId::new(RandomIds.fresh()) })
    }

    /// The key that tokens are signed with.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
}

/// Someone with a token.
#[derive(Clone, Debug)]
pub struct Caller {
    bank: Bank,
    /// Who.
    pub actor: Actor,
    bearer: String,
}

impl Caller {
    /// Their token.
    pub fn bearer(&self) -> &str {
        &self.bearer
    }

    /// Sends a command once, under a fresh key.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.post_with_key(path, &RandomIds.fresh().to_string(), body).await
    }

    /// Sends a command once, under this key.
    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Result<Reply> {
        let url = format!("{}{path}", self.bank.command_url);
        Reply::of(self.signed(self.bank.http.post(url)).header("Idempotency-Key", key).json(body)).await
    }

    /// Sends a table of comma-separated values once, under this key.
    pub async fn post_table(&self, path: &str, key: &str, table: String) -> Result<Reply> {
        let request = self.signed(self.bank.http.post(format!("{}{path}", self.bank.command_url)));
        Reply::of(request.header("Idempotency-Key", key).header(CONTENT_TYPE, "text/csv").body(table)).await
    }

    /// Sends a command that sets something once, under this key.
    pub async fn put_with_key(&self, path: &str, key: &str, body: &Value) -> Result<Reply> {
        let request = self.signed(self.bank.http.put(format!("{}{path}", self.bank.command_url)));
        Reply::of(request.header("Idempotency-Key", key).json(body)).await
    }

    /// Sends a DELETE with a body once, under a fresh key.
    pub async fn delete(&self, path: &str, body: &Value) -> Result<Reply> {
        let request = self.signed(self.bank.http.delete(format!("{}{path}", self.bank.command_url)));
        Reply::of(request.header("Idempotency-Key", RandomIds.fresh().to_string()).json(body)).await
    }

    /// Sends a command under this key until the bank has answered it: what did not come back, and what says "not now",
    /// is sent again exactly as it was.
    pub async fn post_until_answered(&self, path: &str, key: &str, body: &Value) -> Result<Reply> {
        let again = async {
            let mut pause = Duration::from_millis(20);
            loop {
                match self.post_with_key(path, key, body).await {
                    Ok(reply) if !reply.is_not_now() => return reply,
                    _ => tokio::time::sleep(pause).await,
                }
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        };
        tokio::time::timeout(TIME_LIMIT, again).await.with_context(|| {
            format!("no answer to POST {path} for {} s; is the command server running?", TIME_LIMIT.as_secs())
        })
    }

    /// Reads, at least as fresh as the token, waiting up to five seconds for that.
    pub async fn get(&self, path: &str, token: Option<&str>) -> Result<Reply> {
        let request = self.signed(self.bank.http.get(format!("{}{path}", self.bank.query_url)));
        Reply::of(match token {
            Some(token) => request.header("Consistency-Token", token).header("Prefer", "wait=5"),
            None => request,
        })
        .await
    }

    /// Reads from the command server, which answers for the little that is never in a view.
    pub async fn ask(&self, path: &str) -> Result<Reply> {
        Reply::of(self.signed(self.bank.http.get(format!("{}{path}", self.bank.command_url)))).await
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        if self.bearer.is_empty() { request } else { request.bearer_auth(&self.bearer) }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null if it is not JSON.
    pub body: Value,
}

impl Reply {
    async fn of(request: RequestBuilder) -> Result<Self> {
        let answer = request.send().await.context("no answer")?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.context("the answer was interrupted")?;
        Ok(Self { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    /// Whether the same may be sent again: in flight, too often, not now, or a fault that wrote nothing or all.
    pub fn is_not_now(&self) -> bool {
        matches!(self.status, 429 | 500 | 502..=504) || self.code() == Some("idempotency-key-in-flight")
    }

    /// A header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The consistency token of a command's answer.
    pub fn token(&self) -> Option<&str> {
        self.header("consistency-token")
    }

    /// Whether an earlier try had done it.
    pub fn replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }

    /// The problem's code, if it is a problem.
    pub fn code(&self) -> Option<&str> {
        self.body.get("code")?.as_str()
    }

    /// The answer if it has this status, else what it was.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status != status {
            bail!("the answer is {} instead of {status}: {}", self.status, self.body);
        }
        Ok(self)
    }

    /// A text in the body, such as `/account_id`.
    pub fn text(&self, pointer: &str) -> Result<&str> {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.with_context(|| format!("the answer has no text at {pointer}: {}", self.body))
    }

    /// A whole number in the body, written as number or as text.
    pub fn number<N: std::str::FromStr>(&self, pointer: &str) -> Result<N> {
        let found =
            self.body.pointer(pointer).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        found
            .and_then(|text| text.parse().ok())
            .with_context(|| format!("the answer has no number at {pointer}: {}", self.body))
    }
}
