//! What was done for a request, as spans of one trace.
//!
//! The trace id is the correlation id. Nothing is allocated for a request that is not recorded.

mod context;
mod current;
mod header;
mod ids;
mod propagation;
mod recorder;
mod span;
mod state;

pub use context::{OpenSpan, TraceContext};
pub use header::Traceparent;
pub use ids::{SpanId, TraceId};
pub use propagation::Propagation;
pub use recorder::{Sampling, start};
pub use span::{Span, SpanKind, SpanLink, SpanValue};
pub use state::Tracestate;
