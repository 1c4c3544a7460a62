//! How far behind each view was in the last minutes, as far as somebody looked. It is gone with the process.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// So many seconds are kept.
const KEPT: i64 = 600;
/// Of the measurements in so many seconds the highest is kept.
const STEP: i64 = 10;
/// No more views are kept.
const MOST: usize = 256;

/// How far behind a view was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lag {
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) ms: i64,
}

/// What was measured of each view, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Lags(Mutex<BTreeMap<String, VecDeque<Lag>>>);

impl Lags {
    /// Keeps what the query server says of all views.
    pub(crate) fn note(&self, now: i64, views: &Value) {
        let mut known = self.known();
        let at = now - now.rem_euclid(STEP);
        for view in views.as_array().into_iter().flatten() {
            let Some((name, ms)) = view["view"].as_str().zip(view["lag_ms"].as_i64()) else { continue };
            if known.len() >= MOST && !known.contains_key(name) {
                continue;
            }
            let ring = known.entry(name.to_owned()).or_default();
            match ring.back_mut() {
                Some(last) if last.at >= at => last.ms = last.ms.max(ms),
                _ => ring.push_back(Lag { at, ms }),
            }
        }
        known.retain(|_, ring| {
            ring.retain(|lag| is_recent(lag, now));
            !ring.is_empty()
        });
    }

    /// What was measured of this view.
    pub(crate) fn of(&self, view: &str, now: i64) -> Vec<Lag> {
        self.known().get(view).map(|ring| recent(ring, now)).unwrap_or_default()
    }

    /// The view that was furthest behind, and what was measured of it.
    pub(crate) fn slowest(&self, now: i64) -> Option<(String, Vec<Lag>)> {
        let known = self.known();
        let measured = known.iter().map(|(name, ring)| (name, recent(ring, now))).filter(|(_, lags)| !lags.is_empty());
        let slowest = measured.reduce(|one, other| if peak(&other.1) > peak(&one.1) { other } else { one });
        slowest.map(|(name, lags)| (name.clone(), lags))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, VecDeque<Lag>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent(lag: &Lag, now: i64) -> bool {
    lag.at > now - KEPT
}

fn recent(ring: &VecDeque<Lag>, now: i64) -> Vec<Lag> {
    ring.iter().copied().filter(|lag| is_recent(lag, now)).collect()
}

fn peak(lags: &[Lag]) -> i64 {
    lags.iter().map(|lag| lag.ms).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ten_minutes_are_kept_with_the_highest_of_each_ten_seconds() {
        let lags = Lags::default();
        let note = |now: i64, one: i64, other: i64| {
            lags.note(now, &json!([{"view": "a", "lag_ms": one}, {"view": "b", "lag_ms": other}, {"view": 7}]));
        };
        note(1000, 5, 1);
        note(1004, 9, 1);
        note(1008, 2, 1);
        note(1010, 3, 40);
        assert_eq!(lags.of("a", 1011), [Lag { at: 1000, ms: 9 }, Lag { at: 1010, ms: 3 }]);
        assert_eq!(lags.slowest(1011).map(|(view, _)| view).as_deref(), Some("b"));
        // What is too old is shown no more, and goes with the next measurement.
        assert_eq!(lags.of("a", 1605), [Lag { at: 1010, ms: 3 }]);
        assert_eq!(lags.slowest(2000), None);
        lags.note(2000, &json!([]));
        assert!(lags.known().is_empty());
    }
}
