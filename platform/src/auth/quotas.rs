//! How often a partner may ask. Each server counts for itself, in memory.
//!
//! The technique is the generic cell rate algorithm (ITU-T I.371, annex A): of each partner one moment is kept, the one until which its
//! quota is used up. No timer runs, and nothing is counted of who does not ask.

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue};
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use crate::{
    problem::{Code, Problem, RATE_LIMIT, RATE_LIMIT_POLICY},
    shutdown::Shutdown,
};

/// How often a partner may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestQuota {
    /// So many requests in a second, for as long as it likes; at least 1.
    pub per_second: u32,
    /// So many at once, after a pause; at least 1.
    pub burst: u32,
}

impl RequestQuota {
    /// Of a partner for which nothing was set.
    pub const DEFAULT: Self = Self { per_second: 100, burst: 200 };

    /// What was set, with the usual numbers for what was not: without a number at once, it is that of a second.
    pub fn of(per_second: Option<u32>, burst: Option<u32>) -> Self {
        let usual = Self::DEFAULT;
        let at_once = per_second.unwrap_or(usual.burst);
        Self::new(per_second.unwrap_or(usual.per_second), burst.unwrap_or(at_once))
    }

    /// One with both numbers at least 1.
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second: per_second.max(1), burst: burst.max(1) }
    }

    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }

    /// How long it takes until nothing is counted any more, after as many requests as can come at once.
    fn window(self) -> Duration {
        self.interval() * self.burst.max(1)
    }
}

/// The quotas and what is used of them. Clones share them.
#[derive(Clone, Default)]
pub struct Quotas(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    set: HashMap<Uuid, RequestQuota>,
    /// Until when the quota of a partner is used; only of those that asked.
    used_until: HashMap<Uuid, Instant>,
}

/// Where a partner stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    quota: RequestQuota,
    remaining: u32,
    /// Until nothing is counted any more.
    reset: Duration,
    /// How long to wait, if the request is one too many.
    wait: Option<Duration>,
}

impl Quotas {
    /// Counts a request of this partner.
    pub(crate) fn count(&self, partner: Uuid) -> Standing {
        self.count_at(partner, Instant::now())
    }

    fn count_at(&self, partner: Uuid, now: Instant) -> Standing {
        let mut counts = self.counts();
        let quota = counts.set.get(&partner).copied().unwrap_or(RequestQuota::DEFAULT);
        let (interval, window) = (quota.interval(), quota.window());
        let used_until = counts.used_until.entry(partner).or_insert(now);
        // A quota that was lowered holds nobody up for longer than it says.
        let before = (*used_until).clamp(now, now + window);
        let after = before + interval;
        let wait = after.saturating_duration_since(now).checked_sub(window).filter(|wait| !wait.is_zero());
        *used_until = if wait.is_some() { before } else { after };
        let used = used_until.saturating_duration_since(now);
        let remaining = window.saturating_sub(used).as_nanos() / interval.as_nanos().max(1);
        Standing { quota, remaining: u32::try_from(remaining).unwrap_or(u32::MAX), reset: used, wait }
    }

    /// From now on these are the quotas; a partner that is not among them has the default.
    pub fn set_all(&self, quotas: impl IntoIterator<Item = (Uuid, RequestQuota)>) {
        let set = quotas.into_iter().collect();
        self.counts().set = set;
    }

    /// From now on this is the quota of a partner.
    pub fn set(&self, partner: Uuid, quota: RequestQuota) {
        self.counts().set.insert(partner, quota);
    }

    /// Keeps level with where quotas are kept, until asked to stop: asks twice a second. While the source does not answer, what is known
    /// counts.
    pub async fn follow(&self, source: impl QuotaSource, shutdown: Shutdown) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_well = true;
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = ticks.tick() => {}
            }
            let asked = tokio::select! {
                () = shutdown.requested() => return,
                asked = timeout(LIMIT, source.quotas()) => asked,
            };
            let was_well = is_well;
            is_well = matches!(asked, Ok(Ok(_)));
            match asked {
                Ok(Ok(quotas)) => self.set_all(quotas),
                Ok(Err(error)) if was_well => {
                    let error = error.as_ref() as &dyn Error;
                    tracing::warn!(error, "quotas cannot be read; those known stay in force");
                }
                Err(late) if was_well => {
                    let error = &late as &dyn Error;
                    tracing::warn!(error, "quotas cannot be read; those known stay in force");
                }
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Numbers are whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Quotas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Quotas({})", self.counts().set.len())
    }
}

const EVERY: Duration = Duration::from_millis(500);
/// A source that takes longer has failed this time.
const LIMIT: Duration = Duration::from_secs(2);

/// Where quotas are kept.
#[async_trait]
pub trait QuotaSource: Send + Sync {
    /// All of them.
    async fn quotas(&self) -> Result<Vec<(Uuid, RequestQuota)>, Box<dyn Error + Send + Sync>>;
}

#[async_trait]
impl<S: QuotaSource + ?Sized> QuotaSource for Arc<S> {
    async fn quotas(&self) -> Result<Vec<(Uuid, RequestQuota)>, Box<dyn Error + Send + Sync>> {
        (**self).quotas().await
    }
}

impl Standing {
    /// The problem of a request that is one too many.
    pub(super) fn check(self) -> Result<(), Problem> {
        match self.wait {
            None => Ok(()),
            Some(wait) => Err(Problem::new(Code::TooManyRequests)
                .detail(format!("you may send {} requests in a second", self.quota.per_second))
                .retry_after(wait)),
        }
    }

    /// Says where the partner stands, in the form of a draft of the HTTP working group (draft-ietf-httpapi-ratelimit-headers-11): what is left
    /// and when nothing is used any more; beside it what is allowed.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let Self { quota, remaining, reset, wait } = self;
        if wait.is_some() {
            // What the problem says of a limit without a name.
            headers.remove(RATE_LIMIT);
            headers.remove(RATE_LIMIT_POLICY);
        }
        let seconds = whole_seconds(wait.unwrap_or(reset));
        if let Ok(limit) = HeaderValue::try_from(format!(r#""default";r={remaining};t={seconds}"#)) {
            headers.append(RATE_LIMIT, limit);
        }
        let (burst, window) = (quota.burst, whole_seconds(quota.window()));
        if let Ok(policy) = HeaderValue::try_from(format!(r#""default";q={burst};w={window}"#)) {
            headers.append(RATE_LIMIT_POLICY, policy);
        }
    }
}

/// Rounded up, and never 0.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNER: Uuid = Uuid::from_u128(7);

    fn quotas(per_second: u32, burst: u32) -> Quotas {
        let quotas = Quotas::default();
        quotas.set(PARTNER, RequestQuota::new(per_second, burst));
        quotas
    }

    #[test]
    fn so_many_at_once_and_then_one_for_each_part_of_a_second() {
        let (quotas, mut now) = (quotas(2, 3), Instant::now());
        let left = |now| {
            let standing = quotas.count_at(PARTNER, now);
            (standing.remaining, standing.wait.map(|wait| wait.as_millis()))
        };
        assert_eq!([left(now), left(now), left(now)], [(2, None), (1, None), (0, None)]);
        assert_eq!(left(now), (0, Some(500)));
        assert_eq!(left(now), (0, Some(500)), "one that is refused counts for nothing");
        now += Duration::from_millis(500);
        assert_eq!([left(now), left(now)], [(0, None), (0, Some(500))]);
        now += Duration::from_secs(60);
        assert_eq!(left(now), (2, None), "what was not used for long is not saved up");
    }

    #[test]
    fn partners_are_counted_by_themselves_and_a_new_quota_counts_at_once() {
        let (quotas, now) = (quotas(1, 1), Instant::now());
        assert!(quotas.count_at(PARTNER, now).wait.is_none());
        assert!(quotas.count_at(PARTNER, now).wait.is_some());
        let other = quotas.count_at(Uuid::from_u128(8), now);
        assert_eq!((other.quota, other.remaining), (RequestQuota::DEFAULT, 199));
        quotas.set_all([(PARTNER, RequestQuota::new(10, 20))]);
        assert_eq!(
            quotas.count_at(PARTNER, now).remaining,
            9,
            "what was used stays used, for as long as the new quota says"
        );
        quotas.set_all([]);
        assert!(quotas.count_at(PARTNER, now).wait.is_none());
    }

    #[test]
    fn the_headers_say_what_is_left_and_what_is_allowed() {
        let (quotas, now) = (quotas(10, 10), Instant::now());
        let mut headers = HeaderMap::new();
        quotas.count_at(PARTNER, now).write(&mut headers);
        assert_eq!(headers[RATE_LIMIT], r#""default";r=9;t=1"#);
        assert_eq!(headers[RATE_LIMIT_POLICY], r#""default";q=10;w=1"#);
        for _ in 0..9 {
            assert!(quotas.count_at(PARTNER, now).check().is_ok());
        }
        let refused = quotas.count_at(PARTNER, now);
        let problem = refused.check().expect_err("one too many");
        assert_eq!(problem.code(), Code::TooManyRequests);
        let mut headers =
            HeaderMap::from_iter([(RATE_LIMIT, HeaderValue::from_static(r#""too-many-requests";r=0;t=1"#))]);
        refused.write(&mut headers);
        assert_eq!(headers.get_all(RATE_LIMIT).iter().collect::<Vec<_>>(), [r#""default";r=0;t=1"#]);
    }
}
