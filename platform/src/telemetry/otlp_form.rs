//! Spans in the form of OTLP.

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span as SentSpan, Status,
        span::{Link, SpanKind as SentKind},
        status::StatusCode,
    },
};
use prost::Message;
use traces::{Span, SpanKind, SpanLink, SpanValue};
use uuid::Uuid;

/// The flag of W3C Trace Context that a span is recorded.
const SAMPLED: u32 = 1;

/// What is the same in every request.
pub(super) struct Form {
    resource: Resource,
    scope: InstrumentationScope,
}

impl Form {
    pub(super) fn new(service: &'static str, instance: Uuid) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let attributes = vec![
            attribute("service.name", Value::StringValue(service.to_owned())),
            attribute("service.namespace", Value::StringValue("jangbu".to_owned())),
            attribute("service.version", Value::StringValue(version.clone())),
            attribute("service.instance.id", Value::StringValue(instance.to_string())),
        ];
        Self {
            resource: Resource { attributes, ..Resource::default() },
            scope: InstrumentationScope { name: "jangbu".to_owned(), version, ..InstrumentationScope::default() },
        }
    }

    /// The request that sends these.
    pub(super) fn request(&self, spans: impl Iterator<Item = Span>) -> ExportTraceServiceRequest {
        let spans =
            ScopeSpans { scope: Some(self.scope.clone()), spans: spans.map(sent).collect(), ..ScopeSpans::default() };
        let of_process = ResourceSpans {
            resource: Some(self.resource.clone()),
            scope_spans: vec![spans],
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest { resource_spans: vec![of_process] }
    }
}

/// How many spans of a request that was taken were not: as its answer says. What cannot be read says nothing.
pub(super) fn rejected(answer: &[u8]) -> u64 {
    let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
    answer.partial_success.and_then(|partly| u64::try_from(partly.rejected_spans).ok()).unwrap_or(0)
}

fn sent(span: Span) -> SentSpan {
    SentSpan {
        trace_id: span.trace.bytes().to_vec(),
        span_id: span.id.bytes().to_vec(),
        parent_span_id: span.parent.map(|parent| parent.bytes().to_vec()).unwrap_or_default(),
        flags: SAMPLED,
        name: span.name.into_owned(),
        kind: kind(span.kind).into(),
        start_time_unix_nano: span.start_unix_nanos,
        end_time_unix_nano: span.end_unix_nanos,
        attributes: span.attributes.into_iter().map(|(name, value)| attribute(name, known(value))).collect(),
        links: span.links.into_iter().map(link).collect(),
        dropped_links_count: span.dropped_links,
        status: span.is_failed.then(|| Status { code: StatusCode::Error.into(), ..Status::default() }),
        ..SentSpan::default()
    }
}

fn kind(kind: SpanKind) -> SentKind {
    match kind {
        SpanKind::Internal => SentKind::Internal,
        SpanKind::Server => SentKind::Server,
        SpanKind::Client => SentKind::Client,
        SpanKind::Producer => SentKind::Producer,
        SpanKind::Consumer => SentKind::Consumer,
    }
}

fn known(value: SpanValue) -> Value {
    match value {
        SpanValue::Text(text) => Value::StringValue(text.into_owned()),
        SpanValue::Number(number) => Value::IntValue(number),
    }
}

fn attribute(name: &str, value: Value) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn link(link: SpanLink) -> Link {
    Link {
        trace_id: link.trace.bytes().to_vec(),
        span_id: link.span.bytes().to_vec(),
        flags: SAMPLED,
        ..Link::default()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn an_answer_says_how_many_were_rejected() {
        let answer = |rejected_spans| {
            let partly = ExportTracePartialSuccess { rejected_spans, error_message: "too old".to_owned() };
            ExportTraceServiceResponse { partial_success: Some(partly) }.encode_to_vec()
        };
        assert_eq!((rejected(&answer(7)), rejected(&answer(0)), rejected(&answer(-7))), (7, 0, 0));
        assert_eq!((rejected(b""), rejected(b"{\"partialSuccess\":{}}")), (0, 0), "nothing, and another form");
    }
}
