//! Problems (RFC 9457): the one form in which every error leaves a server.
//!
//! A handler returns a [`Problem`]; the HTTP edge gives it the request id and writes the body. What a problem
//! says is public; its cause is for the log.

mod body;
mod code;
mod inner;

use std::{borrow::Cow, fmt, time::Duration};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
pub(crate) use body::{CONTENT_TYPE, render};
pub use code::Code;
pub(crate) use inner::Inner;
pub use inner::{FieldError, Quota};
use serde_json::Value;
use uuid::Uuid;

/// An error on its way to a client.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

impl Problem {
    /// The problem of that code, with the code's own status.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            status: code.status(),
            detail: None,
            errors: Vec::new(),
            members: Vec::new(),
            retry_after: None,
            quota: None,
            token_refused: false,
            request_id: None,
            cause: None,
        }))
    }

    /// A defect. The cause goes to the log and nowhere else.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal)
            .detail("the server met a defect; quote the request_id when you report it")
            .cause(cause)
    }

    /// A request of the wrong shape, at one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Code::ValidationFailed).field_error(field, message)
    }

    /// What happened this time, for people.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// A member of its own.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.push((name, value.into()));
        self
    }

    /// One wrong field.
    #[must_use]
    pub fn field_error(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.0.errors.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// When to come back.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// What the limit allows that was met.
    #[must_use]
    pub fn quota(mut self, quota: Quota) -> Self {
        self.0.quota = Some(quota);
        self
    }

    /// Another status than the code's own.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Another request id than that of the request: a recorded refusal keeps the one it was recorded under, so that
    /// its replay is the same body.
    #[must_use]
    pub fn request_id(mut self, id: Uuid) -> Self {
        self.0.request_id = Some(id);
        self
    }

    /// Why, for the log only.
    #[must_use]
    pub fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// A token was sent and refused; said in `WWW-Authenticate`.
    #[must_use]
    pub fn token_refused(mut self) -> Self {
        self.0.token_refused = true;
        self
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The body as JSON, for a problem that stands inside an answer.
    pub fn to_json(&self, request_id: Uuid) -> Value {
        serde_json::to_value(body::Body::new(&self.0, request_id)).unwrap_or_default()
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        let headers = response.headers_mut();
        if let Some(after) = self.0.retry_after {
            // Whole seconds, and never 0: a client that comes back at once makes it worse.
            let seconds = (after.as_secs() + u64::from(after.subsec_nanos() > 0)).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            if self.0.status == StatusCode::TOO_MANY_REQUESTS {
                rate_limit(headers, self.0.code, seconds, self.0.quota);
            }
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            let challenge = if self.0.token_refused { r#"Bearer error="invalid_token""# } else { "Bearer" };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The draft of the HTTP working group (draft-ietf-httpapi-ratelimit-headers-10): the limit that was met, what is left of it and
/// when there is more; beside it what the limit allows in all, and in how many seconds.
fn rate_limit(headers: &mut HeaderMap, code: Code, seconds: u64, quota: Option<Quota>) {
    let name = code.as_str();
    if let Ok(limit) = HeaderValue::try_from(format!(r#""{name}";r=0;t={seconds}"#)) {
        headers.insert(RATE_LIMIT, limit);
    }
    let Some(Quota { requests, window }) = quota else { return };
    let window = window.map(|window| format!(";w={}", window.as_secs())).unwrap_or_default();
    if let Ok(policy) = HeaderValue::try_from(format!(r#""{name}";q={requests}{window}"#)) {
        headers.insert(RATE_LIMIT_POLICY, policy);
    }
}
