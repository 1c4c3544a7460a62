//! What belongs to one request.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use kernel::{CorrelationId, Ids};
use uuid::Uuid;

use crate::problem::Problem;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Marks an answer that is in the record: `X-Request-Id` must lead there. The record has the correlation of the request that it
/// was written for, so the id of another one, or of one with a correlation of the client's own, would lead nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// What the record has in any case.
    pub id: Uuid,
    /// Whether it was written for an earlier request.
    pub before: bool,
}

/// The ids of a request: in its answer, its problems and its log lines.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext {
    /// This request only; made here.
    pub request_id: Uuid,
    /// Everything that comes of it in every process: the client's `X-Correlation-Id` if that is a UUID, else the
    /// request id.
    pub correlation: CorrelationId,
    pub(crate) body_limit: usize,
    pub(crate) body_timeout: Duration,
}

impl RequestContext {
    pub(super) fn new(headers: &HeaderMap, ids: &dyn Ids, body_limit: usize, body_timeout: Duration) -> Self {
        let request_id = ids.fresh();
        let given = headers.get(CORRELATION_ID).and_then(|v| Uuid::try_parse_ascii(v.as_bytes()).ok());
        let correlation = CorrelationId::new(given.unwrap_or(request_id));
        Self { request_id, correlation, body_limit, body_timeout }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get().copied().ok_or_else(|| Problem::internal("the route is outside of http::service"))
    }
}
