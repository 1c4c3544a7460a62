//! Calls.

use std::time::Duration;

use axum::{
    body::Bytes,
    response::{IntoResponse, Redirect, Response},
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use traces::{OpenSpan, SpanKind};
use url::{Url, form_urlencoded::byte_serialize};
use uuid::Uuid;

use super::{
    address::{Address, Server},
    caller::{Act, Caller},
    failure::{Failure, Refusal},
};
use crate::config::Config;

/// A page waits no longer for what it shows.
const READ: Duration = Duration::from_secs(5);
/// A command may wait for the leader.
const WRITE: Duration = Duration::from_secs(20);
/// A table of thousands of rows is taken in several commits.
const TABLE: Duration = Duration::from_secs(60);
/// No answer that a page shows is larger.
const LARGEST: usize = 8 * 1024 * 1024;

/// The other servers.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    command: Url,
    query: Url,
    projector: Url,
}

/// A command that was taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    pub(crate) body: Value,
    /// A second operator has to approve it first: there.
    pub(crate) approval: Option<Uuid>,
    pub(crate) consistency: Option<String>,
}

impl Done {
    /// Where the browser goes on: to the page that shows what was done, or to the approval that it waits for.
    pub(crate) fn leads_to(&self, page: &str) -> Response {
        match self.approval {
            Some(approval) => Redirect::to(&format!("/approvals/{approval}?done=pending")).into_response(),
            None => Redirect::to(page).into_response(),
        }
    }
}

impl Client {
    pub(crate) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(2))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let [command, query, projector] =
            [&config.command_url, &config.query_url, &config.projector_url].map(Url::clone);
        Ok(Self { http, command, query, projector })
    }

    /// What is there.
    pub(crate) async fn get<T: DeserializeOwned>(&self, address: Address, caller: &Caller) -> Result<T, Failure> {
        let (request, mut span) = self.request(Method::GET, &address, caller);
        let request = request.timeout(READ);
        let request = match &caller.seen {
            // What cannot be shown in time is shown as it was: the operator sees how far the view is.
            Some(seen) if address.server == Server::Query => {
                request.header("consistency-token", seen).header("prefer", "wait=2, stale-ok")
            }
            _ => request,
        };
        let (_, _, bytes) = answer(request, address.server, &mut span).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Answer(address.server, error.to_string()))
    }

    /// A command.
    pub(crate) async fn send(
        &self,
        method: Method,
        address: Address,
        caller: &Caller,
        act: &Act,
        body: &Value,
    ) -> Result<Done, Failure> {
        let (request, span) = self.command(method, &address, caller, act);
        let request = request.timeout(WRITE);
        let request = if body.is_null() { request } else { request.json(body) };
        done(request, address.server, span).await
    }

    /// The renewal of a token. A page waits for it before it shows anything, so it may take no longer than a read.
    pub(crate) async fn renew(
        &self,
        address: Address,
        caller: &Caller,
        act: &Act,
        body: &Value,
    ) -> Result<Done, Failure> {
        let (request, span) = self.command(Method::POST, &address, caller, act);
        done(request.timeout(READ).json(body), address.server, span).await
    }

    /// A command whose body is a table of comma-separated values.
    pub(crate) async fn send_table(
        &self,
        address: Address,
        caller: &Caller,
        act: &Act,
        table: Bytes,
    ) -> Result<Done, Failure> {
        let (request, span) = self.command(Method::POST, &address, caller, act);
        let request = request.timeout(TABLE).header("content-type", "text/csv; charset=utf-8").body(table);
        done(request, address.server, span).await
    }

    fn command(&self, method: Method, address: &Address, caller: &Caller, act: &Act) -> (RequestBuilder, OpenSpan) {
        let (request, span) = self.request(method, address, caller);
        let request = request.header("idempotency-key", &act.key);
        if act.reason.is_empty() {
            return (request, span);
        }
        let encoded: String = byte_serialize(act.reason.as_bytes()).collect();
        (request.header("jangbu-reason", encoded.replace('+', "%20")), span)
    }

    /// The answer of a stream of events, as it comes. It has to begin as soon as other reads are answered.
    pub(crate) async fn stream(&self, address: Address, caller: &Caller) -> Result<reqwest::Response, Failure> {
        let (request, mut span) = self.request(Method::GET, &address, caller);
        let begun = timeout(READ, send(request, address.server, &mut span)).await;
        let response = begun.unwrap_or(Err(Failure::Unreachable(address.server)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let bytes = response.bytes().await.unwrap_or_default();
        Err(refused(status, &bytes))
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    fn base(&self, server: Server) -> &Url {
        match server {
            Server::Command => &self.command,
            Server::Query => &self.query,
            Server::Projector => &self.projector,
        }
    }

    /// A call with its span, which is to live until it is answered. The path has ids in it, so that the span names the server alone.
    fn request(&self, method: Method, address: &Address, caller: &Caller) -> (RequestBuilder, OpenSpan) {
        let mut span = caller.trace.begin(address.server.call()).of_kind(SpanKind::Client);
        span.text("http.request.method", &method);
        let base = self.base(address.server).as_str().trim_end_matches('/');
        let mut request = self.http.request(method, format!("{base}{}", address.text()));
        request = request.header("x-correlation-id", caller.correlation.to_string());
        let (parent, state) = caller.propagation.of_call(&span);
        if let Some(parent) = parent {
            request = request.header("traceparent", parent.to_string());
        }
        if let Some(state) = state {
            request = request.header("tracestate", state);
        }
        if !caller.address.is_empty() {
            request = request.header("x-forwarded-for", &caller.address);
        }
        if !caller.agent.is_empty() {
            request = request.header("user-agent", &caller.agent);
        }
        let request = match &caller.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        (request, span)
    }
}

async fn send(request: RequestBuilder, server: Server, span: &mut OpenSpan) -> Result<reqwest::Response, Failure> {
    match request.send().await {
        Ok(response) => {
            span.number("http.response.status_code", i64::from(response.status().as_u16()));
            Ok(response)
        }
        Err(error) => {
            span.fail();
            tracing::warn!(?server, error = %error.without_url(), "a server behind the console does not answer");
            Err(Failure::Unreachable(server))
        }
    }
}

async fn done(request: RequestBuilder, server: Server, mut span: OpenSpan) -> Result<Done, Failure> {
    let (status, consistency, bytes) = answer(request, server, &mut span).await?;
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or_default() };
    // An order that was taken is answered with the same status, and has no approval.
    let named = body["approval_id"].as_str().filter(|_| status == StatusCode::ACCEPTED);
    let approval = named.and_then(|id| Uuid::try_parse(id).ok());
    Ok(Done { body, approval, consistency })
}

async fn answer(
    request: RequestBuilder,
    server: Server,
    span: &mut OpenSpan,
) -> Result<(StatusCode, Option<String>, Vec<u8>), Failure> {
    let mut response = send(request, server, span).await?;
    let status = response.status();
    let consistency = response.headers().get("consistency-token").and_then(|value| value.to_str().ok());
    let consistency = consistency.map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::Unreachable(server))? {
        if bytes.len() + chunk.len() > LARGEST {
            return Err(Failure::Answer(server, "too much".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    if status.is_success() { Ok((status, consistency, bytes)) } else { Err(refused(status, &bytes)) }
}

fn refused(status: StatusCode, bytes: &[u8]) -> Failure {
    let refusal: Refusal = serde_json::from_slice(bytes).unwrap_or_default();
    Failure::Refused(Box::new(Refusal { status: status.as_u16(), ..refusal }))
}
