//! Pushes through a provider that speaks the contract of docs/push-provider.md: the HTTP v1 interface of Firebase Cloud Messaging.

use std::{path::PathBuf, time::Duration};

use application::{Push, PushChannel, PushError};
use async_trait::async_trait;
use chrono::SecondsFormat;
use reqwest::{Client, Response, StatusCode, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use traces::{SpanKind, TraceContext};

use super::error::ChannelError;

const TIMEOUT: Duration = Duration::from_secs(10);
/// So much of an answer is looked at.
const MOST_BYTES: usize = 64 * 1024;

/// A provider of pushes.
pub(super) struct Provider {
    client: Client,
    url: Url,
    key_file: Option<PathBuf>,
}

impl Provider {
    /// The provider at this URL.
    pub(super) fn new(url: &SecretString, key_file: Option<PathBuf>) -> Result<Self, ChannelError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| ChannelError::PushUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ChannelError::PushUrl);
        }
        // A redirection would carry the token of the device and the key elsewhere.
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        Ok(Self { client: client.map_err(ChannelError::PushClient)?, url, key_file })
    }

    async fn key(&self) -> Result<Option<SecretString>, PushError> {
        let Some(file) = &self.key_file else { return Ok(None) };
        let key = tokio::fs::read_to_string(file).await;
        let key = key.map_err(|_| transient("JANGBU_PUSH_KEY_FILE cannot be read"))?;
        Ok(Some(key.trim().into()))
    }
}

#[async_trait]
impl PushChannel for Provider {
    async fn push(&self, push: &Push) -> Result<(), PushError> {
        let mut request = self.client.post(self.url.clone()).json(&message(push));
        if let Some(key) = self.key().await? {
            request = request.bearer_auth(key.expose_secret());
        }
        let mut span = TraceContext::current().begin("call the push provider").of_kind(SpanKind::Client);
        if let Some(parent) = span.traceparent() {
            request = request.header("traceparent", parent.to_string());
        }
        let answer = request.send().await.map_err(|error| {
            span.fail();
            transient(if error.is_timeout() {
                "the provider of pushes took too long"
            } else {
                "the provider of pushes cannot be reached, or broke off"
            })
        })?;
        let status = answer.status();
        span.number("http.response.status_code", i64::from(status.as_u16()));
        let code = if status == StatusCode::NOT_FOUND { error_code(answer).await } else { None };
        judge(status, code.as_deref())
    }
}

/// What the provider receives. Everything that collapses repetitions has the id of the push: a device shows it once.
fn message(push: &Push) -> Value {
    let (id, compact) = (push.id.to_string(), push.id.simple().to_string());
    let seconds = (push.until - push.at).num_seconds().max(0);
    json!({"message": {
        "token": push.token.expose_secret(),
        "notification": {"title": push.title, "body": push.body},
        "data": {"id": id, "type": push.kind, "at": push.at.to_rfc3339_opts(SecondsFormat::Millis, true)},
        "android": {"collapse_key": id, "ttl": format!("{seconds}s"), "notification": {"tag": id}},
        "apns": {"headers": {"apns-collapse-id": id, "apns-expiration": push.until.timestamp().to_string()}},
        "webpush": {"headers": {"Topic": compact, "TTL": seconds.to_string()}},
    }})
}

/// The word that the provider has for an error. Its sentences are not looked at: they may repeat the token.
async fn error_code(mut answer: Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return None;
        }
    }
    let body: Value = serde_json::from_slice(&bytes).ok()?;
    let details = body["error"]["details"].as_array()?;
    details.iter().find_map(|detail| detail["errorCode"].as_str()).map(str::to_owned)
}

/// What a status means for the push. A 404 may also come from an address that is wrong: only the word says that the app is gone.
fn judge(status: StatusCode, code: Option<&str>) -> Result<(), PushError> {
    if status.is_success() {
        return Ok(());
    }
    if code == Some("UNREGISTERED") {
        return Err(PushError::Unregistered);
    }
    let reason = format!("the provider of pushes said {}", status.as_u16());
    // A refused key, a wrong address: these are about us, and the push goes once they are right.
    let about_us = matches!(status.as_u16(), 401 | 403 | 404 | 408 | 429);
    if status.is_client_error() && !about_us {
        Err(PushError::Permanent { reason: reason.into() })
    } else {
        Err(transient(reason))
    }
}

fn transient(reason: impl Into<std::borrow::Cow<'static, str>>) -> PushError {
    PushError::Transient { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_status_says_what_becomes_of_a_push() {
        let judged = |code, word| judge(StatusCode::from_u16(code).expect("a status"), word);
        assert_eq!(judged(200, None), Ok(()));
        assert_eq!(judged(404, Some("UNREGISTERED")), Err(PushError::Unregistered));
        for (code, word) in
            [(404, None), (404, Some("OTHER")), (401, None), (403, None), (429, None), (503, None), (302, None)]
        {
            assert!(matches!(judged(code, word), Err(PushError::Transient { .. })), "{code}");
        }
        for code in [400, 413, 422] {
            assert!(matches!(judged(code, None), Err(PushError::Permanent { .. })), "{code}");
        }
    }

    #[test]
    fn whatever_collapses_repetitions_has_the_id() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        let push = Push {
            id: Uuid::from_u128(7),
            token: "a-token-of-a-device".into(),
            kind: "money.received",
            title: "Money received",
            body: "400 KRW came to your account.".to_owned(),
            at,
            until: at + TimeDelta::hours(12),
        };
        let message = &message(&push)["message"];
        let id = push.id.to_string();
        for place in
            ["/data/id", "/android/collapse_key", "/android/notification/tag", "/apns/headers/apns-collapse-id"]
        {
            assert_eq!(message.pointer(place).and_then(Value::as_str), Some(id.as_str()), "{place}");
        }
        let topic = message.pointer("/webpush/headers/Topic").and_then(Value::as_str).expect("a topic");
        assert_eq!(topic.len(), 32, "no topic may be longer (RFC 8030, 5.4)");
        assert_eq!(message["android"]["ttl"], "43200s");
        assert!(!format!("{push:?}").contains("token"));
    }
}
