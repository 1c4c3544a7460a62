//! Spans that have ended, as they are sent.

use std::borrow::Cow;

use crate::{SpanId, TraceId};

/// A span that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace: TraceId,
    /// Its id.
    pub id: SpanId,
    /// The span that it is a part of.
    pub parent: Option<SpanId>,
    /// What was done.
    pub name: Cow<'static, str>,
    /// On which side of a call it was.
    pub kind: SpanKind,
    /// When it began, in nanoseconds since 1970.
    pub start_unix_nanos: u64,
    /// When it ended, in nanoseconds since 1970.
    pub end_unix_nanos: u64,
    /// What is known of it. Never personal data.
    pub attributes: Vec<(&'static str, SpanValue)>,
    /// Spans of this and other traces that it has to do with.
    pub links: Vec<SpanLink>,
    /// How many links it has no room for.
    pub dropped_links: u32,
    /// Whether it failed.
    pub is_failed: bool,
}

/// On which side of a call a span was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanKind {
    /// On none.
    #[default]
    Internal,
    /// It answers a call.
    Server,
    /// It makes a call and waits for the answer.
    Client,
    /// It puts something into a stream or a queue.
    Producer,
    /// It takes something out of a stream or a queue.
    Consumer,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanValue {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

/// Another span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanLink {
    /// Its trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
}
