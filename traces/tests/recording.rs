//! Spans that are recorded. The recorder is one for the whole process, so this is one test.

use std::time::Instant;

use kernel::{CommandId, CorrelationId, Ids, RandomIds};
use traces::{OpenSpan, Sampling, SpanId, SpanKind, SpanValue, TraceContext, TraceId, Traceparent, start};
use uuid::Uuid;

/// Recorded by a half, and not.
const SAMPLED: CorrelationId = CorrelationId::new(Uuid::from_u128((0x0192 << 112) | 0xff_ffff_ffff_ffff));
const NOT_SAMPLED: CorrelationId = CorrelationId::new(Uuid::from_u128((0x0192 << 112) | 1));

fn caller(of: CorrelationId, sampled: bool) -> Traceparent {
    let trace = TraceId::of(of).expect("a trace");
    Traceparent { trace, parent: SpanId::of_command(CommandId::new(Uuid::max())), sampled }
}

#[test]
fn spans_of_recorded_requests_come_into_the_queue_and_no_others() {
    assert!(!TraceContext::of(SAMPLED).is_recorded(), "nothing was started");
    assert!(!OpenSpan::of_all("nothing", Instant::now(), [TraceContext::of(SAMPLED)]).is_recorded());

    let mut spans = start(Sampling { share: 0.5, trusts_callers: true }, 4).expect("the first start");
    assert!(start(Sampling { share: 1.0, trusts_callers: true }, 4).is_none(), "once in a process");

    // A request, something done in it, and what follows from its commit elsewhere.
    let request = TraceContext::of_request(SAMPLED, Some(caller(SAMPLED, false))).begin("request");
    let request_id = request.id().expect("recorded");
    let command = CommandId::new(RandomIds.fresh());
    let mut write = request.context().begin("write").with_id(SpanId::of_command(command)).of_kind(SpanKind::Producer);
    write.number("log.position", 7);
    write.fail();
    drop(write);
    drop(request);
    let mut apply = TraceContext::of_commit(SAMPLED, command).begin("apply");
    apply.text("view.name", "accounts");
    drop(apply);
    let [write, request, apply] = std::array::from_fn(|_| spans.try_recv().expect("a span"));
    assert!([&write, &request, &apply].iter().all(|span| Some(span.trace) == TraceId::of(SAMPLED)));
    assert_eq!((request.id, request.parent), (request_id, Some(caller(SAMPLED, true).parent)));
    assert_eq!((write.parent, apply.parent), (Some(request.id), Some(write.id)));
    assert_eq!((write.kind, write.is_failed, request.is_failed), (SpanKind::Producer, true, false));
    assert_eq!(write.attributes, [("log.position", SpanValue::Number(7))]);
    assert_eq!(apply.attributes, [("view.name", SpanValue::Text("accounts".into()))]);
    for span in [&write, &request, &apply] {
        assert!(span.start_unix_nanos > 1_700_000_000_000_000_000, "nanoseconds since 1970: {span:?}");
        assert!(span.start_unix_nanos <= span.end_unix_nanos, "{span:?}");
    }

    // What is not recorded: by its id, by its id though its caller records another trace, and the id of zeros.
    let nobody = [
        TraceContext::of(NOT_SAMPLED),
        TraceContext::of_commit(NOT_SAMPLED, command),
        TraceContext::of_request(NOT_SAMPLED, Some(caller(SAMPLED, true))),
        TraceContext::of_request(NOT_SAMPLED, Some(caller(NOT_SAMPLED, false))),
        TraceContext::of(CorrelationId::new(Uuid::nil())),
    ];
    for context in nobody {
        assert_eq!(context, TraceContext::UNRECORDED);
        let mut span = context.begin("nothing");
        span.number("log.position", 1);
        assert_eq!((span.id(), span.context(), context.traceparent()), (None, TraceContext::UNRECORDED, None));
    }
    assert!(spans.try_recv().is_err());

    // A caller that is trusted, and another process that goes on for this one.
    let wanted = TraceContext::of_request(NOT_SAMPLED, Some(caller(NOT_SAMPLED, true)));
    assert_eq!(wanted.traceparent(), Some(caller(NOT_SAMPLED, true)));
    assert_eq!(TraceContext::under(NOT_SAMPLED, request.id).link().map(|link| link.span), Some(request.id));

    // A batch stands in a trace of its own, and has links to those that are recorded.
    let several = (0..200).flat_map(|_| [TraceContext::of_commit(SAMPLED, command), TraceContext::of(NOT_SAMPLED)]);
    drop(OpenSpan::of_all("batch", Instant::now(), several));
    let batch = spans.try_recv().expect("a span");
    assert!(batch.parent.is_none() && Some(batch.trace) != TraceId::of(SAMPLED));
    assert_eq!((batch.links.len(), batch.dropped_links), (128, 72));
    assert!(batch.links.iter().all(|link| link.trace == write.trace && link.span == write.id));
    assert!(!OpenSpan::of_all("batch", Instant::now(), [TraceContext::of(NOT_SAMPLED)]).is_recorded());

    // A queue that nobody empties: what has no room is dropped, and nobody waits.
    for _ in 0..10 {
        drop(TraceContext::of(SAMPLED).begin("one of many"));
    }
    assert_eq!(std::iter::from_fn(|| spans.try_recv().ok()).count(), 4);
}
