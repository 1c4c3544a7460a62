//! When no more is sent to an address that fails.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::client::Outcome;

/// Why nothing is sent to an address any more, until its owner enables the webhook again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// No attempt has succeeded for too long.
    Failing,
    /// It answered 410 (Gone).
    Gone,
}

impl StopReason {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Failing, Self::Gone];

    /// The reason as it stands in tables, answers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    /// The reason of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// What is known of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Since when every attempt has failed; none if the last one succeeded.
    pub failing_since: Option<DateTime<Utc>>,
    /// Nothing is sent before then: an answer asked for it.
    pub paused_until: Option<DateTime<Utc>>,
    /// Nothing is sent any more: since when, and why.
    pub stopped: Option<(DateTime<Utc>, StopReason)>,
}

impl Health {
    /// What it is after an attempt that ended now. `limit`: for so long it may fail.
    #[must_use]
    pub fn after(self, outcome: &Outcome, now: DateTime<Utc>, limit: Duration) -> Self {
        if self.stopped.is_some() {
            return self;
        }
        if outcome.is_success() {
            return Self { paused_until: self.paused_until, ..Self::default() };
        }
        let since = self.failing_since.unwrap_or(now);
        let is_too_long = (now - since).to_std().is_ok_and(|failing| failing >= limit);
        let reason = match outcome.status {
            Some(410) => Some(StopReason::Gone),
            _ => is_too_long.then_some(StopReason::Failing),
        };
        Self {
            failing_since: Some(since),
            paused_until: self.pause(outcome, now),
            stopped: reason.map(|reason| (now, reason)),
        }
    }

    /// 429 and 503 speak of the address, not of the one event: with `Retry-After` they ask that nothing is sent to it meanwhile.
    fn pause(self, outcome: &Outcome, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let asked = outcome.retry_after.filter(|_| matches!(outcome.status, Some(429 | 503)));
        let until = asked.map(|asked| now + asked.min(crate::schedule::LONGEST_ASKED));
        self.paused_until.max(until)
    }
}
