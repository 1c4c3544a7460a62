//! Where the spans of a request belong, and the spans that are open: each is made of the other.

use std::{borrow::Cow, fmt, time::Instant};

use kernel::{Clock, CommandId, CorrelationId, SystemClock};

use crate::{
    SpanId, TraceId, Traceparent,
    recorder::{Recorder, recorder},
    span::{Span, SpanKind, SpanLink, SpanValue},
};

/// How many links a span has at most, as OpenTelemetry limits them.
const LINKS: usize = 128;

/// Where the spans of a request belong: into a trace, under a span of it. Nowhere, if the request is not recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceContext(Option<Place>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    trace: TraceId,
    parent: Option<SpanId>,
}

impl TraceContext {
    /// Of a request that is not recorded.
    pub const UNRECORDED: Self = Self(None);

    /// Of a request, with what its caller says of the trace. The caller's span is the parent if it is of the same trace.
    pub fn of_request(correlation: CorrelationId, caller: Option<Traceparent>) -> Self {
        Self::recorded(|recorder| {
            let trace = TraceId::of(correlation)?;
            let caller = caller.filter(|caller| caller.trace == trace);
            let is_wanted = recorder.trusts_callers() && caller.is_some_and(|caller| caller.sampled);
            let parent = caller.map(|caller| caller.parent);
            (is_wanted || recorder.samples(trace)).then_some(Place { trace, parent })
        })
    }

    /// Of what is done under a correlation id without a request.
    pub fn of(correlation: CorrelationId) -> Self {
        Self::of_request(correlation, None)
    }

    /// The same, where the id has to be looked for: that is done only while anything is recorded at all.
    pub fn of_found(find: impl FnOnce() -> Option<CorrelationId>) -> Self {
        if recorder().is_none() {
            return Self::UNRECORDED;
        }
        find().map_or(Self::UNRECORDED, Self::of)
    }

    /// Of what follows from a commit.
    pub fn of_commit(correlation: CorrelationId, command: CommandId) -> Self {
        match Self::of(correlation) {
            Self(None) => Self::UNRECORDED,
            Self(Some(Place { trace, .. })) => Self(Some(Place { trace, parent: Some(SpanId::of_command(command)) })),
        }
    }

    /// Of what another process does for this one, whose span this is.
    pub fn under(correlation: CorrelationId, span: SpanId) -> Self {
        Self::recorded(|_| Some(Place { trace: TraceId::of(correlation)?, parent: Some(span) }))
    }

    pub(crate) fn inside(trace: TraceId, parent: Option<SpanId>) -> Self {
        Self(Some(Place { trace, parent }))
    }

    fn recorded(place: impl FnOnce(&'static Recorder) -> Option<Place>) -> Self {
        Self(recorder().and_then(place))
    }

    /// Whether the request is recorded.
    pub fn is_recorded(self) -> bool {
        self.0.is_some()
    }

    /// A span that begins now.
    pub fn begin(self, name: &'static str) -> OpenSpan {
        self.begin_at(name, None)
    }

    /// A span that began then.
    pub fn begun(self, name: &'static str, begun: Instant) -> OpenSpan {
        self.begin_at(name, Some(begun))
    }

    fn begin_at(self, name: &'static str, begun: Option<Instant>) -> OpenSpan {
        match self.0 {
            Some(Place { trace, parent }) => OpenSpan::new((trace, parent), name, begun.unwrap_or_else(Instant::now)),
            None => OpenSpan::default(),
        }
    }

    /// A link to the span that these belong under.
    pub fn link(self) -> Option<SpanLink> {
        let Place { trace, parent } = self.0?;
        Some(SpanLink { trace, span: parent? })
    }

    /// The header for calls that are made for the request. None if it is not recorded.
    pub fn traceparent(self) -> Option<Traceparent> {
        let SpanLink { trace, span } = self.link()?;
        Some(Traceparent { trace, parent: span, sampled: true })
    }
}

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

    /// The header of a call that is made in it. None if it is not recorded.
    pub fn traceparent(&self) -> Option<Traceparent> {
        self.context().traceparent()
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
