//! One call of a provider, and what its status means.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use application::{CallError, CallKey};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use traces::{SpanKind, TraceContext};

use crate::{
    answer::{Answer, Asked, Record},
    error::SetupError,
};

/// What an answer may have at most, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until there is a connection.
    pub connect: Duration,
    /// From the beginning to the end of the answer.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), total: Duration::from_secs(5) }
    }
}

/// Calls one provider.
pub struct Caller {
    client: Client,
    /// Without a slash at the end.
    base: SecretString,
    key_file: Option<PathBuf>,
}

impl Caller {
    /// The provider at the URL that this setting holds.
    pub fn new(
        variable: &'static str,
        url: &SecretString,
        key_file: Option<PathBuf>,
        limits: Limits,
    ) -> Result<Self, SetupError> {
        let base = url.expose_secret().trim_end_matches('/');
        let parsed = Url::parse(base).map_err(|_| SetupError::Url { variable })?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(SetupError::Url { variable });
        }
        let client = Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            // A redirection would carry the key and what is personal elsewhere.
            .redirect(Policy::none())
            // A connection for each call: what comes late or twice on it cannot be the answer to another call.
            .pool_max_idle_per_host(0)
            .build();
        Ok(Self { client: client.map_err(SetupError::Client)?, base: base.into(), key_file })
    }

    /// Asks for something to be carried out or undone, under a key of its own. The answer is about `subject`.
    pub(crate) async fn post(
        &self,
        asked: Asked,
        path: &str,
        key: CallKey,
        subject: CallKey,
        body: &impl Serialize,
    ) -> Result<Answer, CallError> {
        let request = self.client.post(self.url(path)?).header("Idempotency-Key", key.to_string()).json(body);
        self.send(asked, request, subject).await
    }

    /// Asks what became of a call.
    pub(crate) async fn find(&self, path: &str, key: CallKey) -> Result<Answer, CallError> {
        let request = self.client.get(self.url(&format!("{path}?key={key}"))?);
        self.send(Asked::Find, request, key).await
    }

    fn url(&self, path: &str) -> Result<Url, CallError> {
        let url = format!("{}{path}", self.base.expose_secret());
        Url::parse(&url).map_err(|_| CallError::not_done("the URL of the provider cannot be used"))
    }

    async fn send(&self, asked: Asked, request: RequestBuilder, subject: CallKey) -> Result<Answer, CallError> {
        let request = match &self.key_file {
            Some(file) => request.bearer_auth(read_key(file).await?.expose_secret()),
            None => request,
        };
        let mut span = TraceContext::current().begin("call the provider").of_kind(SpanKind::Client);
        let request = match span.traceparent() {
            Some(parent) => request.header("traceparent", parent.to_string()),
            None => request,
        };
        let response = request.send().await.map_err(|error| {
            span.fail();
            failed(&error)
        })?;
        let status = response.status();
        span.number("http.response.status_code", i64::from(status.as_u16()));
        let body = read(response).await?;
        let record = serde_json::from_slice::<Record>(&body).ok();
        judge(asked, status, record.as_ref())?;
        let record = record.ok_or_else(|| CallError::unknown("the answer cannot be read"))?;
        if record.key != Some(subject) {
            return Err(CallError::contradiction("it is about another key"));
        }
        if status == StatusCode::CONFLICT {
            return Err(CallError::contradiction("the provider has another call under this key"));
        }
        Ok(Answer { asked, status, record })
    }
}

async fn read_key(file: &Path) -> Result<SecretString, CallError> {
    let key = tokio::fs::read_to_string(file).await;
    let key = key.map_err(|_| CallError::not_done("the file with the provider's API key cannot be read"))?;
    Ok(key.trim().into())
}

/// The text of the error is left out: it may hold the URL.
fn failed(error: &reqwest::Error) -> CallError {
    if error.is_connect() || error.is_builder() {
        return CallError::not_done("the provider cannot be reached");
    }
    CallError::unknown(if error.is_timeout() {
        "the provider took too long"
    } else {
        "the connection to the provider broke off"
    })
}

async fn read(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(CallError::unknown("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether a status comes with a record that is to be looked at; if not, what it means. Whatever no contract names may have
/// been carried out.
fn judge(asked: Asked, status: StatusCode, record: Option<&Record>) -> Result<(), CallError> {
    let reason = record.and_then(|record| record.reason.as_deref()).unwrap_or_default();
    let said = format!("the provider said {}", status.as_u16());
    match (status.as_u16(), asked) {
        (200..=202 | 409 | 422, _) => Ok(()),
        (404, Asked::Find | Asked::Undo) if reason == "not-found" => Ok(()),
        (404, Asked::Find) | (408, _) => Err(CallError::unknown(said)),
        // Our key, our request, or how often we come: it was not looked at.
        (400..=499, _) => Err(CallError::not_done(said)),
        (503, _) if reason == "unavailable" => Err(CallError::not_done(said)),
        _ => Err(CallError::unknown(said)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(asked: Asked, status: u16, reason: &str) -> Result<(), CallError> {
        let record = Record { reason: Some(reason.to_owned()), ..Record::default() };
        judge(asked, StatusCode::from_u16(status).expect("a status"), Some(&record))
    }

    #[test]
    fn only_what_the_contract_says_is_certain() {
        for status in [400, 401, 403, 404, 405, 413, 415, 429] {
            assert!(matches!(judged(Asked::Order, status, ""), Err(CallError::NotDone { .. })), "{status}");
        }
        for status in [301, 307, 408, 500, 502, 503, 504] {
            assert!(matches!(judged(Asked::Order, status, ""), Err(CallError::Unknown { .. })), "{status}");
        }
        assert!(matches!(judged(Asked::Order, 503, "unavailable"), Err(CallError::NotDone { .. })));
        for status in [200, 202, 409, 422] {
            assert_eq!(judged(Asked::Order, status, ""), Ok(()));
        }
        assert_eq!(judged(Asked::Find, 404, "not-found"), Ok(()));
        assert!(matches!(judged(Asked::Find, 404, ""), Err(CallError::Unknown { .. })), "another server's 404");
    }
}
