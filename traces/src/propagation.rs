//! What goes on from a request to the calls that are made for it.

use crate::{OpenSpan, SpanId, Traceparent, Tracestate};

/// What a caller says of the trace of its request, to be passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    parent: Option<Traceparent>,
    state: Option<Tracestate>,
}

impl Propagation {
    /// What the caller said. Without a `traceparent` the `tracestate` means nothing.
    pub fn new(parent: Option<Traceparent>, state: Option<Tracestate>) -> Self {
        Self { parent, state: state.filter(|_| parent.is_some()) }
    }

    /// The headers of a call that is made in this span. Where the request is not recorded, what the caller said goes on, for those behind it
    /// who record it; that it is recorded here is said only where it is.
    pub fn of_call(&self, span: &OpenSpan) -> (Option<Traceparent>, Option<&str>) {
        let parent = span.traceparent().or_else(|| self.parent.map(unrecorded));
        // Of another trace the state says nothing.
        let is_same = parent.is_some_and(|parent| self.parent.is_some_and(|caller| caller.trace == parent.trace));
        (parent, self.state.as_ref().filter(|_| is_same).map(Tracestate::as_str))
    }
}

/// Who changes the flag names a span of their own.
fn unrecorded(caller: Traceparent) -> Traceparent {
    if caller.sampled { Traceparent { parent: SpanId::fresh(), sampled: false, ..caller } } else { caller }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    fn caller(header: &str, state: &str) -> Propagation {
        Propagation::new(Traceparent::parse(header.as_bytes()), Tracestate::parse([state.as_bytes()]))
    }

    #[test]
    fn what_the_caller_said_goes_on_where_the_request_is_not_recorded() {
        let quiet = caller(NOT_SAMPLED, "rojo=1");
        let (parent, state) = quiet.of_call(&OpenSpan::default());
        assert_eq!((parent.map(|parent| parent.to_string()).as_deref(), state), (Some(NOT_SAMPLED), Some("rojo=1")));

        let recorded = NOT_SAMPLED.replace("-00f067aa0ba902b7-00", "-00f067aa0ba902b7-01");
        let asked = caller(&recorded, "rojo=1");
        let (parent, state) = asked.of_call(&OpenSpan::default());
        let parent = parent.expect("it goes on");
        assert_eq!(parent.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(
            !parent.sampled && parent.parent.to_string() != "00f067aa0ba902b7",
            "it is not recorded here: {parent}"
        );
        assert_eq!(state, Some("rojo=1"));
    }

    #[test]
    fn nothing_goes_on_that_did_not_come() {
        assert_eq!(Propagation::default().of_call(&OpenSpan::default()), (None, None));
        assert_eq!(caller("00-nonsense", "rojo=1"), Propagation::default(), "a state without a trace");
        assert_eq!(caller(NOT_SAMPLED, "ROJO").of_call(&OpenSpan::default()).1, None);
    }
}
