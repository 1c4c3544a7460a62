//! Time and fresh ids: the only source of both.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A source of the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the only source")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock standing at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock to `now`.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Makes fresh ids.
pub trait Ids: Send + Sync {
    /// A UUID never given before. Version 7: ids made together lie together in an index.
    fn fresh(&self) -> Uuid;

    /// Ten random decimal digits, for account numbers.
    fn digits(&self) -> u64;
}

/// Ids from the machine's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

#[allow(clippy::disallowed_methods, reason = "this is the only source")]
impl Ids for RandomIds {
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn digits(&self) -> u64 {
        (Uuid::new_v4().as_u128() % 10_000_000_000) as u64
    }
}
