//! Which requests are recorded, and where spans go: into a queue that somebody empties.

use std::sync::OnceLock;

use tokio::sync::mpsc;

use crate::{Span, TraceId};

/// Which requests are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Which share of all, from 0 to 1.
    pub share: f64,
    /// Whether a request is recorded too because its caller records it.
    pub trusts_callers: bool,
}

/// What spans are given to.
pub(crate) struct Recorder {
    queue: mpsc::Sender<Span>,
    least: u64,
    trusts_callers: bool,
}

static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// Begins to record, into a queue for so many spans: once in a process. None if it was begun before.
pub fn start(sampling: Sampling, queue: usize) -> Option<mpsc::Receiver<Span>> {
    let (sender, spans) = mpsc::channel(queue.max(1));
    let recorder = Recorder { queue: sender, least: least(sampling.share), trusts_callers: sampling.trusts_callers };
    RECORDER.set(recorder).is_ok().then_some(spans)
}

/// The recorder; none while nothing is recorded at all.
pub(crate) fn recorder() -> Option<&'static Recorder> {
    RECORDER.get()
}

impl Recorder {
    /// Whether the requests of this trace are recorded: the same in every process with the same share.
    pub(crate) fn samples(&self, trace: TraceId) -> bool {
        trace.randomness() >= self.least
    }

    pub(crate) fn trusts_callers(&self) -> bool {
        self.trusts_callers
    }

    /// Never waits: what has no room is dropped and counted.
    pub(crate) fn record(&self, span: Span) {
        if self.queue.try_send(span).is_err() {
            metrics::counter!("trace_spans_dropped_total", "reason" => "queue").increment(1);
        }
    }
}

/// From which randomness on a trace is recorded: the threshold of consistent probability sampling, as OpenTelemetry has it. Another system
/// that samples in this way with a larger share records all that is recorded here.
fn least(share: f64) -> u64 {
    let all = (1_u64 << 56) as f64;
    ((1.0 - share.clamp(0.0, 1.0)) * all) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder(share: f64) -> (Recorder, mpsc::Receiver<Span>) {
        let (queue, spans) = mpsc::channel(1);
        (Recorder { queue, least: least(share), trusts_callers: false }, spans)
    }

    /// Ids that were made within one millisecond have bits in common, so these are drawn (SplitMix64, Steele and others, 2014).
    fn drawn(number: u64) -> TraceId {
        let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        TraceId::from_u128((bits ^ (bits >> 31)).into()).expect("not zero")
    }

    fn sampled(share: f64) -> usize {
        let (recorder, _spans) = recorder(share);
        (0..10_000).filter(|number| recorder.samples(drawn(*number))).count()
    }

    #[test]
    fn the_share_is_met() {
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 10_000));
        let tenth = sampled(0.1);
        // Six standard deviations of 30 each.
        assert!((820..1180).contains(&tenth), "{tenth}");
    }

    #[test]
    fn a_smaller_share_is_part_of_a_larger_one() {
        let ((few, _few), (many, _many)) = (recorder(0.05), recorder(0.5));
        for trace in (0..10_000).map(|_| TraceId::fresh()) {
            assert!(!few.samples(trace) || many.samples(trace), "{trace}");
        }
    }

    #[test]
    fn the_bits_that_decide_are_those_of_the_specification() {
        let (recorder, _spans) = recorder(0.5);
        let of = |id: u128| recorder.samples(TraceId::from_u128(id).expect("not zero"));
        // The 56 bits on the right against half of 2 to the 56th; whatever stands left of them says nothing.
        assert!(of(0x80_0000_0000_0000) && of((0xff << 64) | 0x80_0000_0000_0000));
        assert!(!of(0x7f_ffff_ffff_ffff) && !of((0xff << 56) | 0x7f_ffff_ffff_ffff));
    }
}
