//! How long payout runs rest between their steps, so that others are served beside them.

use std::time::Duration;

use tokio::time::Instant;

/// The longest pause between two steps, however slow the log is.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// A run goes on, however much others ask for: at most this part of what the bank can carry out is left to them before its own share.
const MOST_OF_OTHERS: f64 = 0.75;
/// What others ask for comes unevenly, and they wait when there is no room left: half again as much is kept for them.
const HEADROOM: f64 = 1.5;

/// What the steps of a server's runs have shown.
#[derive(Default)]
pub struct Pace {
    /// Rows a second in the fastest step: about what the bank can carry out with nothing beside it.
    fastest: f64,
    /// When the last step ended, and how much the engine had taken from its queue by then.
    last: Option<(Instant, u64)>,
    /// Which part of what the bank can carry out others asked for between the last two steps.
    others: f64,
}

impl Pace {
    /// How many rows the next step pays of at most so many: fewer while others are served, because they wait for those that are written with
    /// them.
    pub fn rows(&self, most: usize) -> usize {
        ((most as f64 * (1.0 - self.others)) as usize).max(1)
    }

    /// How long a run rests after a step of so many rows that took so long. All of so many runs together may take a part of the time that
    /// others leave; what others ask for is what the engine has taken since the step before, without these rows.
    pub fn pause_after(&mut self, (rows, took): (u32, Duration), taken: u64, (share, runs): (f64, usize)) -> Duration {
        self.others = self.others((rows, took), taken, Instant::now());
        pause(took, share * (1.0 - self.others), runs)
    }

    /// Which part of what the bank can carry out is asked for by others.
    fn others(&mut self, (rows, took): (u32, Duration), taken: u64, now: Instant) -> f64 {
        let rate = f64::from(rows) / took.as_secs_f64();
        if rate.is_finite() {
            self.fastest = self.fastest.max(rate);
        }
        let Some((at, before)) = self.last.replace((now, taken)) else { return 0.0 };
        let of_others = taken.saturating_sub(before).saturating_sub(rows.into());
        let part = HEADROOM * of_others as f64 / now.duration_since(at).as_secs_f64() / self.fastest;
        // Nothing happened in no time.
        if part.is_nan() { 0.0 } else { part.min(MOST_OF_OTHERS) }
    }
}

/// How long a run rests after a step that took so long, if the steps of so many runs may take this part of the time together.
fn pause(took: Duration, share: f64, runs: usize) -> Duration {
    let rounds = runs.max(1) as f64 / share;
    Duration::try_from_secs_f64(took.as_secs_f64() * (rounds - 1.0))
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(100);

    #[test]
    fn paying_takes_its_share_of_the_time() {
        let took = Duration::from_millis(30);
        assert_eq!(pause(took, 0.5, 1), took);
        assert_eq!(pause(took, 1.0, 1), Duration::ZERO);
        assert_eq!(pause(took, 0.25, 1).as_millis(), 90);
        // Three steps of 30 ms in 180 ms.
        assert_eq!(pause(took, 0.5, 3).as_millis(), 150);
        for share in [0.0, -1.0, f64::NAN, f64::MIN_POSITIVE] {
            assert_eq!(pause(took, share, 1), LONGEST_PAUSE, "{share}");
        }
    }

    #[track_caller]
    fn is(part: f64, expected: f64) {
        assert!((part - expected).abs() < 1e-9, "{part}, not {expected}");
    }

    #[test]
    fn what_others_ask_for_is_left_to_them_first() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        // A hundred rows in a tenth of a second: a thousand a second can be carried out.
        // Nothing is known yet.
        is(pace.others((100, STEP), 100, begun), 0.0);
        let mut at = |tenths: u32, taken| pace.others((100, STEP), taken, begun + STEP * tenths);
        // Its own rows are nobody else's.
        is(at(10, 200), 0.0);
        // Four hundred others in a second, and half again as much.
        is(at(20, 700), 0.6);
        // It goes on, however much others ask for.
        is(at(30, 5_000), MOST_OF_OTHERS);
        is(at(30, 6_000), MOST_OF_OTHERS);
        // A step that waited for others says nothing of what can be carried out.
        let waited = pace.others((100, STEP * 5), 6_300, begun + STEP * 40);
        is(waited, 0.3);
        assert_eq!(pause(STEP, 0.5 * (1.0 - 0.5), 1), STEP * 3);
    }

    #[test]
    fn steps_are_shorter_while_others_are_served() {
        let mut pace = Pace::default();
        assert_eq!((pace.rows(100), pace.rows(0)), (100, 1));
        pace.others = 0.5;
        assert_eq!((pace.rows(100), pace.rows(1)), (50, 1));
        pace.others = MOST_OF_OTHERS;
        assert_eq!(pace.rows(100), 25);
    }

    #[test]
    fn a_server_that_has_paid_nothing_knows_nothing() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        is(pace.others((0, Duration::ZERO), 0, begun), 0.0);
        is(pace.others((0, Duration::ZERO), 0, begun), 0.0);
        is(pace.others((0, Duration::ZERO), 500, begun + STEP), MOST_OF_OTHERS);
    }
}
