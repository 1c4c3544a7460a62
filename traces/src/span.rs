//! Spans.

use std::{borrow::Cow, fmt, time::Instant};

use kernel::{Clock, SystemClock};

use crate::{SpanId, TraceContext, TraceId, recorder::recorder};

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

/// How many links a span has at most, as OpenTelemetry limits them.
const LINKS: usize = 128;

/// A span that has not ended: it ends when this is dropped. Of a request that is not recorded it holds nothing, and everything done
/// to it does nothing.
#[derive(Debug, Default)]
#[must_use = "a span ends when it is dropped"]
pub struct OpenSpan(Option<Box<Draft>>);

#[derive(Debug)]
struct Draft {
    span: Span,
    begun: Instant,
}

impl OpenSpan {
    pub(crate) fn new((trace, parent): (TraceId, Option<SpanId>), name: &'static str, begun: Instant) -> Self {
        let span = Span {
            trace,
            id: SpanId::fresh(),
            parent,
            name: Cow::Borrowed(name),
            kind: SpanKind::Internal,
            start_unix_nanos: now().saturating_sub(nanos_since(begun)),
            end_unix_nanos: 0,
            attributes: Vec::new(),
            links: Vec::new(),
            dropped_links: 0,
            is_failed: false,
        };
        Self(Some(Box::new(Draft { span, begun })))
    }

    /// A span of work on many requests at once, with a link to each that is recorded. It stands in a trace of its own. If none is
    /// recorded, neither is it.
    pub fn of_all(name: &'static str, begun: Instant, requests: impl IntoIterator<Item = TraceContext>) -> Self {
        let mut open = Self::default();
        if recorder().is_none() {
            return open;
        }
        for link in requests.into_iter().filter_map(TraceContext::link) {
            if open.0.is_none() {
                open = Self::new((TraceId::fresh(), None), name, begun);
            }
            open.link(Some(link));
        }
        open
    }

    /// The same span, on this side of a call.
    pub fn of_kind(mut self, kind: SpanKind) -> Self {
        if let Some(draft) = &mut self.0 {
            draft.span.kind = kind;
        }
        self
    }

    /// The same span under an id that others know.
    pub fn with_id(mut self, id: SpanId) -> Self {
        if let Some(draft) = &mut self.0 {
            draft.span.id = id;
        }
        self
    }

    /// Whether it is recorded.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Its id.
    pub fn id(&self) -> Option<SpanId> {
        self.0.as_ref().map(|draft| draft.span.id)
    }

    /// Where the spans of what is done within it belong.
    pub fn context(&self) -> TraceContext {
        match &self.0 {
            Some(draft) => TraceContext::inside(draft.span.trace, Some(draft.span.id)),
            None => TraceContext::UNRECORDED,
        }
    }

    /// Names it by something that is known only now.
    pub fn rename(&mut self, name: impl fmt::Display) {
        if let Some(draft) = &mut self.0 {
            draft.span.name = Cow::Owned(name.to_string());
        }
    }

    /// Adds a number.
    pub fn number(&mut self, name: &'static str, value: i64) {
        self.add(name, || SpanValue::Number(value));
    }

    /// Adds a text.
    pub fn text(&mut self, name: &'static str, value: impl fmt::Display) {
        self.add(name, || SpanValue::Text(Cow::Owned(value.to_string())));
    }

    fn add(&mut self, name: &'static str, value: impl FnOnce() -> SpanValue) {
        if let Some(draft) = &mut self.0 {
            draft.span.attributes.push((name, value()));
        }
    }

    /// Adds a link, if there is one.
    pub fn link(&mut self, link: Option<SpanLink>) {
        let (Some(draft), Some(link)) = (&mut self.0, link) else { return };
        match draft.span.links.len() < LINKS {
            true => draft.span.links.push(link),
            false => draft.span.dropped_links = draft.span.dropped_links.saturating_add(1),
        }
    }

    /// Notes that it failed.
    pub fn fail(&mut self) {
        if let Some(draft) = &mut self.0 {
            draft.span.is_failed = true;
        }
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let (Some(draft), Some(recorder)) = (self.0.take(), recorder()) else { return };
        let Draft { mut span, begun } = *draft;
        span.end_unix_nanos = span.start_unix_nanos.saturating_add(nanos_since(begun));
        recorder.record(span);
    }
}

fn now() -> u64 {
    SystemClock.now().timestamp_nanos_opt().and_then(|nanos| u64::try_from(nanos).ok()).unwrap_or_default()
}

fn nanos_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
