//! How a view is to be worked on.

use std::time::Duration;

/// Bounds and waits of one view.
#[derive(Clone, Debug)]
pub struct Settings {
    /// At most about so many events in one transaction.
    pub max_events: i64,
    /// After several commits in one transaction the next one begins at least so much later than it, and up to twice
    /// as much if transactions take long: a busy log is applied in batches. A commit that comes alone is applied at once.
    /// A view that only adds up rests several times as long ([`crate::Projection::rest`]).
    pub pace: Duration,
    /// A transaction that takes longer is given up and tried again on a new connection.
    pub time_limit: Duration,
    /// The first wait after the database or the log did not answer; doubled each time.
    pub retry_first: Duration,
    /// The longest such wait.
    pub retry_last: Duration,
    /// The first wait before an event that could not be applied is tried again; doubled each time.
    pub stuck_first: Duration,
    /// The longest such wait.
    pub stuck_last: Duration,
    /// How often a paused view looks whether it may go on.
    pub paused_look: Duration,
    /// How often a program of another version than the live generation's looks whether its own became live.
    pub version_wait: Duration,
    /// A live generation of another version that is behind and has not moved for so long is followed by nobody.
    pub version_stall: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_events: 5_000,
            pace: Duration::from_millis(20),
            time_limit: Duration::from_secs(90),
            retry_first: Duration::from_millis(50),
            retry_last: Duration::from_secs(5),
            stuck_first: Duration::from_secs(5),
            stuck_last: Duration::from_secs(300),
            paused_look: Duration::from_millis(500),
            version_wait: Duration::from_millis(50),
            version_stall: Duration::from_secs(10),
        }
    }
}

impl Settings {
    /// How long after the beginning of a transaction that took so long the next one begins.
    ///
    /// A transaction has a price of its own, whatever is in it. One that takes long does so because the machine is busy;
    /// fewer, larger ones then leave more of it to the commands. So a view works an eighth of the time at most, as long
    /// as readers need not wait more than twice the pace for it.
    pub(crate) fn pace_after(&self, took: Duration) -> Duration {
        (took * 8).clamp(self.pace, self.pace * 2)
    }

    /// The same for a view that rests `times` as long as others. One that had half of what a transaction may have, or more,
    /// is behind: it does not rest for longer.
    pub(crate) fn rest_after(&self, took: Duration, times: u32, events: usize, most: i64) -> Duration {
        let is_behind = events as i64 * 2 >= most;
        self.pace_after(took) * if is_behind { 1 } else { times.max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_that_only_adds_up_rests_for_longer_unless_it_is_behind() {
        let settings = Settings::default();
        let rest = |times, events| settings.rest_after(Duration::ZERO, times, events, 5_000).as_millis();
        assert_eq!([rest(1, 10), rest(5, 10), rest(5, 2_499)], [20, 100, 100]);
        assert_eq!([rest(5, 2_500), rest(5, 9_000), rest(0, 10)], [20, 20, 20]);
    }

    #[test]
    fn a_view_rests_longer_the_longer_it_works_within_its_bounds() {
        let settings = Settings::default();
        let pace = |millis| settings.pace_after(Duration::from_millis(millis)).as_millis();
        assert_eq!([pace(0), pace(2), pace(4), pace(5), pace(500)], [20, 20, 32, 40, 40]);
        let eager = Settings { pace: Duration::ZERO, ..Settings::default() };
        assert_eq!(eager.pace_after(Duration::from_millis(5)), Duration::ZERO);
    }
}
