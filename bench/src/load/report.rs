//! What a load found.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

/// The usual percentiles of a latency, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latencies {
    /// How many were measured.
    pub count: u64,
    /// The mean.
    pub mean_ms: f64,
    /// Half were no slower.
    pub p50_ms: f64,
    /// Nine of ten were no slower.
    pub p90_ms: f64,
    /// Nineteen of twenty were no slower.
    pub p95_ms: f64,
    /// Ninety-nine of a hundred were no slower.
    pub p99_ms: f64,
    /// All but one of a thousand were no slower.
    pub p999_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

impl Latencies {
    /// Of these.
    pub fn of_all(all: impl Iterator<Item = Duration>) -> Self {
        let mut counted = histogram();
        all.for_each(|latency| record(&mut counted, latency));
        Self::of(&counted)
    }

    /// Reads a histogram of microseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let at = |q: f64| histogram.value_at_quantile(q) as f64 / 1000.0;
        Self {
            count: histogram.len(),
            mean_ms: histogram.mean() / 1000.0,
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: histogram.max() as f64 / 1000.0,
        }
    }
}

/// A histogram of microseconds, three digits exact, up to ten minutes.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("the bounds are constant and legal")
}

pub(crate) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
}

/// One run of a load.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// How long was measured, after the warm-up.
    pub measured: Duration,
    /// Transfers answered 201 within the measured time.
    pub posted_in_time: u64,
    /// Those per second.
    pub per_second: f64,
    /// From sending (closed loop) or from when it was due (open loop) to the answer, of all answers within the measured time.
    pub latency: Latencies,
    /// Answers by status, warm-up and the last ones in flight included.
    pub statuses: BTreeMap<u16, u64>,
    /// Answers that are problems, by their code.
    pub problems: BTreeMap<String, u64>,
    /// Requests whose connection broke: it is not known what became of them.
    pub unanswered: u64,
    /// The share of one core that the generator took.
    pub generator_cpu: f64,
    /// The first few answers that were not 201, as a hint.
    pub unexpected: Vec<String>,
    /// What the answered transfers did to each account, in minor units.
    #[serde(skip)]
    pub moved: Vec<i64>,
}

impl Report {
    /// Every transfer answered 201, warm-up included.
    pub fn posted(&self) -> u64 {
        self.statuses.get(&201).copied().unwrap_or(0)
    }

    /// Answers that blame other commands on the same accounts.
    pub fn contended(&self) -> u64 {
        self.problems.get("contended").copied().unwrap_or(0)
    }

    /// Whether every request was answered 201.
    pub fn is_clean(&self) -> bool {
        self.unanswered == 0 && self.statuses.keys().all(|s| *s == 201)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_out_of_the_histogram_in_milliseconds() {
        let mut all = histogram();
        for ms in 1..=1000 {
            record(&mut all, Duration::from_millis(ms));
        }
        let found = Latencies::of(&all);
        assert_eq!(found.count, 1000);
        for (is, ought) in [(found.p50_ms, 500.0), (found.p95_ms, 950.0), (found.p99_ms, 990.0), (found.max_ms, 1000.0)]
        {
            assert!((is - ought).abs() <= ought * 0.002, "{is} is not {ought}");
        }
    }
}
