//! What was done for a request, as spans of one trace.
//!
//! The trace id is the correlation id. Nothing is allocated for a request that is not recorded.

mod context;
mod header;
mod ids;
mod recorder;
mod span;

pub use context::TraceContext;
pub use header::Traceparent;
pub use ids::{SpanId, TraceId};
pub use recorder::{Sampling, start};
pub use span::{OpenSpan, Span, SpanKind, SpanLink, SpanValue};
