//! What belongs to one request.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use kernel::{CorrelationId, Ids};
use traces::{OpenSpan, Propagation, SpanKind, SpanLink, TraceContext, TraceId, Traceparent, Tracestate};
use uuid::Uuid;

use crate::problem::Problem;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

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
    /// trace of its `traceparent`, else the request id.
    pub correlation: CorrelationId,
    /// Where the spans of what is done for it belong.
    pub trace: TraceContext,
    pub(crate) body_limit: usize,
    pub(crate) body_timeout: Duration,
}

impl RequestContext {
    /// With the span of the whole request, which everything else is a part of.
    pub(super) fn begin(
        headers: &HeaderMap,
        ids: &dyn Ids,
        body_limit: usize,
        body_timeout: Duration,
    ) -> (Self, OpenSpan) {
        let request_id = ids.fresh();
        let caller = traceparent(headers);
        let correlation = given(headers, caller).unwrap_or(CorrelationId::new(request_id));
        let mut span = TraceContext::of_request(correlation, caller).begin("request").of_kind(SpanKind::Server);
        // A caller with a trace of its own and a correlation id beside it can still be found.
        let other = caller.filter(|caller| TraceId::of(correlation) != Some(caller.trace));
        span.link(other.map(|caller| SpanLink { trace: caller.trace, span: caller.parent }));
        (Self { request_id, correlation, trace: span.context(), body_limit, body_timeout }, span)
    }
}

/// The correlation that a request comes with: its `X-Correlation-Id` if that is a UUID, else the trace of its `traceparent`.
pub fn correlation(headers: &HeaderMap) -> Option<CorrelationId> {
    given(headers, traceparent(headers))
}

/// What a request says of its trace, for the calls that are made for it.
pub fn propagation(headers: &HeaderMap) -> Propagation {
    let state = Tracestate::parse(headers.get_all(TRACESTATE).iter().map(|value| value.as_bytes()));
    Propagation::new(traceparent(headers), state)
}

fn given(headers: &HeaderMap, caller: Option<Traceparent>) -> Option<CorrelationId> {
    let given = headers.get(CORRELATION_ID).and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok());
    given.map(CorrelationId::new).or(caller.map(|caller| caller.trace.correlation()))
}

/// The one header `traceparent`; of several nobody knows which counts.
fn traceparent(headers: &HeaderMap) -> Option<Traceparent> {
    let mut all = headers.get_all(TRACEPARENT).iter();
    match (all.next(), all.next()) {
        (Some(one), None) => Traceparent::parse(one.as_bytes()),
        _ => None,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get().copied().ok_or_else(|| Problem::internal("the route is outside of http::service"))
    }
}
