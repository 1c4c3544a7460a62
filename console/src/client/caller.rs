//! Who asks, and what for.

use traces::{Propagation, TraceContext};
use uuid::Uuid;

/// Who asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// The operator's own token; none before log-in.
    pub(crate) token: Option<String>,
    /// Follows the request of the browser through every process.
    pub(crate) correlation: Uuid,
    /// Where the spans of calls belong, and what the browser's side said of the trace.
    pub(crate) trace: TraceContext,
    pub(crate) propagation: Propagation,
    /// Reads show at least what this says.
    pub(crate) seen: Option<String>,
    /// Where the browser is, and what it says it is.
    pub(crate) address: String,
    pub(crate) agent: String,
}

/// Why something is done, and under which key it is done once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Act {
    pub(crate) key: String,
    /// An operator's reason; empty where none is asked for, as at a log-in.
    pub(crate) reason: String,
}
