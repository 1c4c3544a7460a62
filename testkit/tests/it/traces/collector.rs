//! A collector of spans, as OpenTelemetry has it: OTLP over HTTP, as protobuf.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message;
use tokio::net::TcpListener;
use uuid::Uuid;

/// A span that arrived; ids in hexadecimal digits.
#[derive(Clone, Debug)]
pub struct Seen {
    pub service: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    /// Traces and spans.
    pub links: Vec<(String, String)>,
    pub attributes: Vec<(String, String)>,
    pub is_in_order: bool,
}

#[derive(Default)]
struct Inner {
    spans: Mutex<Vec<Seen>>,
    requests: AtomicUsize,
    status: StatusCode,
}

/// A collector, on a port of its own.
pub struct Collector {
    pub url: String,
    inner: Arc<Inner>,
}

impl Collector {
    pub async fn start() -> Self {
        Self::answering(StatusCode::OK).await
    }

    /// One that answers every request with this.
    pub async fn answering(status: StatusCode) -> Self {
        let inner = Arc::new(Inner { status, ..Inner::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(take)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner }
    }

    /// Every span that arrived so far.
    pub fn spans(&self) -> Vec<Seen> {
        self.inner.spans.lock().unwrap().clone()
    }

    /// Those of one trace.
    pub fn trace(&self, trace: Uuid) -> Vec<Seen> {
        let trace = trace.simple().to_string();
        self.spans().into_iter().filter(|span| span.trace == trace).collect()
    }

    /// How often it was asked anything.
    pub fn requests(&self) -> usize {
        self.inner.requests.load(Ordering::SeqCst)
    }
}

impl Seen {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    inner.requests.fetch_add(1, Ordering::SeqCst);
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).expect("the messages of OTLP");
    for of_process in request.resource_spans {
        let resource = attributes(of_process.resource.unwrap_or_default().attributes);
        let service = resource.into_iter().find(|(name, _)| name == "service.name").expect("a service").1;
        for span in of_process.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let link = |link: opentelemetry_proto::tonic::trace::v1::span::Link| {
                (hex::encode(link.trace_id), hex::encode(link.span_id))
            };
            let seen = Seen {
                service: service.clone(),
                trace: hex::encode(span.trace_id),
                id: hex::encode(span.span_id),
                parent: hex::encode(span.parent_span_id),
                name: span.name,
                links: span.links.into_iter().map(link).collect(),
                attributes: attributes(span.attributes),
                is_in_order: span.start_time_unix_nano > 0 && span.start_time_unix_nano <= span.end_time_unix_nano,
            };
            inner.spans.lock().unwrap().push(seen);
        }
    }
    inner.status
}

fn attributes(found: Vec<KeyValue>) -> Vec<(String, String)> {
    let value = |value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = found.into_iter().map(|pair| (pair.key, pair.value.and_then(|any| any.value).map(value)));
    pairs.map(|(name, value)| (name, value.unwrap_or_default())).collect()
}
