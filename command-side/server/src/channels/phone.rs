//! Text messages through a provider that speaks the contract of docs/sms-provider.md.

use std::{path::PathBuf, time::Duration};

use application::{Channel, DeliverError, Text};
use async_trait::async_trait;
use reqwest::{Client, StatusCode, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use traces::{SpanKind, TraceContext};

use super::error::ChannelError;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A provider of text messages.
pub(super) struct Phone {
    client: Client,
    url: Url,
    token_file: Option<PathBuf>,
}

/// What the provider receives.
#[derive(Serialize)]
struct Order<'a> {
    to: &'a str,
    text: &'a str,
    idempotency_key: &'a str,
}

impl Phone {
    /// The provider at this URL.
    pub(super) fn new(url: &SecretString, token_file: Option<PathBuf>) -> Result<Self, ChannelError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| ChannelError::SmsUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ChannelError::SmsUrl);
        }
        // A redirection would carry the number, the code and the token elsewhere.
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        Ok(Self { client: client.map_err(ChannelError::Client)?, url, token_file })
    }

    async fn token(&self) -> Result<Option<SecretString>, DeliverError> {
        let Some(file) = &self.token_file else { return Ok(None) };
        let token = tokio::fs::read_to_string(file).await;
        let token = token.map_err(|_| DeliverError::transient("JANGBU_SMS_TOKEN_FILE cannot be read"))?;
        Ok(Some(token.trim().into()))
    }
}

#[async_trait]
impl Channel for Phone {
    async fn deliver(&self, to: &SecretString, message: &Text) -> Result<(), DeliverError> {
        let to = to.expose_secret();
        let is_number = to.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_number {
            return Err(DeliverError::permanent("the contact is not a telephone number"));
        }
        let order = Order { to, text: message.body.expose_secret(), idempotency_key: &message.key };
        let mut request = self.client.post(self.url.clone()).json(&order);
        if let Some(token) = self.token().await? {
            request = request.bearer_auth(token.expose_secret());
        }
        let mut span = TraceContext::current().begin("call the text message provider").of_kind(SpanKind::Client);
        if let Some(parent) = span.traceparent() {
            request = request.header("traceparent", parent.to_string());
        }
        let answer = request.send().await.map_err(|error| {
            span.fail();
            DeliverError::transient(if error.is_timeout() {
                "the provider of text messages took too long"
            } else {
                "the provider of text messages cannot be reached, or broke off"
            })
        })?;
        span.number("http.response.status_code", i64::from(answer.status().as_u16()));
        judge(answer.status())
    }
}

/// What a status means for the message; the body is not read, because it may repeat the number.
fn judge(status: StatusCode) -> Result<(), DeliverError> {
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("the provider of text messages said {}", status.as_u16());
    // A refused token is about us, not about the message: it goes once the token is right.
    let about_us = matches!(status.as_u16(), 401 | 403 | 408 | 429);
    if status.is_client_error() && !about_us {
        Err(DeliverError::permanent(reason))
    } else {
        Err(DeliverError::transient(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_to_try_again() {
        let judged = |code| judge(StatusCode::from_u16(code).expect("a status"));
        for code in [200, 201, 202, 204] {
            assert_eq!(judged(code), Ok(()));
        }
        for code in [301, 401, 403, 408, 429, 500, 502, 503, 504] {
            assert!(matches!(judged(code), Err(DeliverError::Transient { .. })), "{code}");
        }
        for code in [400, 404, 410, 422] {
            assert!(matches!(judged(code), Err(DeliverError::Permanent { .. })), "{code}");
        }
    }
}
