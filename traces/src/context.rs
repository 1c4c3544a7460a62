//! Where the spans of a request belong.

use std::time::Instant;

use kernel::{CommandId, CorrelationId};

use crate::{
    OpenSpan, SpanId, SpanLink, TraceId, Traceparent,
    recorder::{Recorder, recorder},
};

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
