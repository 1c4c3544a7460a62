//! The ids of traces and of spans.

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
};

use kernel::{CommandId, CorrelationId, Ids, RandomIds};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a trace: a correlation id, or that of work on many requests at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// The id of a span; another span of another trace may have the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpanId(NonZeroU64);

impl TraceId {
    /// The trace of a request. None for the id of zeros, which no trace may have.
    pub fn of(correlation: CorrelationId) -> Option<Self> {
        Self::from_u128(correlation.uuid().as_u128())
    }

    /// The request of the trace.
    pub fn correlation(self) -> CorrelationId {
        CorrelationId::new(Uuid::from_u128(self.0.get()))
    }

    /// A trace of its own.
    pub(crate) fn fresh() -> Self {
        Self(NonZeroU128::new(RandomIds.fresh().as_u128()).unwrap_or(NonZeroU128::MAX))
    }

    pub(crate) fn from_u128(id: u128) -> Option<Self> {
        NonZeroU128::new(id).map(Self)
    }

    /// The 56 bits that W3C Trace Context (level 2) takes for random.
    pub(crate) fn randomness(self) -> u64 {
        self.0.get() as u64 & ((1 << 56) - 1)
    }

    /// As it is sent.
    pub fn bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    /// A span nobody else knows.
    pub(crate) fn fresh() -> Self {
        Self::mixed(RandomIds.fresh())
    }

    /// The span that wrote the commit of this command: known to whoever reads the commit.
    pub fn of_command(command: CommandId) -> Self {
        Self::mixed(command.uuid())
    }

    pub(crate) fn from_u64(id: u64) -> Option<Self> {
        NonZeroU64::new(id).map(Self)
    }

    fn mixed(id: Uuid) -> Self {
        let (high, low) = id.as_u64_pair();
        Self(NonZeroU64::new(mix(mix(high) ^ low)).unwrap_or(NonZeroU64::MIN))
    }

    /// As it is sent.
    pub fn bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0.get())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0.get())
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_of_a_command_is_the_same_everywhere_and_another_for_each_command() {
        let of = |id: u128| SpanId::of_command(CommandId::new(Uuid::from_u128(id)));
        // Servers of different builds must find the same: this never changes.
        assert_eq!(of(0x0192_0000_0000_8000_8000_0000_0000_0001).to_string(), "580283a4af912626");
        let ids: std::collections::HashSet<_> = (0..10_000).map(of).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn a_trace_is_its_correlation_id() {
        let correlation = CorrelationId::new(Uuid::from_u128(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
        let trace = TraceId::of(correlation).expect("not zeros");
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.correlation(), correlation);
        assert_eq!(TraceId::of(CorrelationId::new(Uuid::nil())), None);
    }
}
