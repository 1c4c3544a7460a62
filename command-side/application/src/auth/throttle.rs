//! How often somebody may try: kept in memory, bounded, and blind to whether what is tried exists.
//!
//! A try counts when it begins and is taken back if it was a good one: a hundred at once get no further than one after
//! another. A client that goes away has tried all the same.

use std::{
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use moka::sync::Cache;
use uuid::Uuid;

use super::{AuthError, ThrottleOptions, site::site};

/// Keys that are counted at once; about 100 bytes each. The ones tried most often are the last to be forgotten.
const KEYS: u64 = 100_000;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What stands for a secret or a name while it is counted.
pub(super) type Key = [u8; 16];

/// All the counts of a server.
pub(super) struct Throttles {
    /// Wrong passwords, by login id and network, or by member.
    pub(super) passwords: Delays,
    /// Wrong passwords from all networks, by login id.
    pub(super) logins: Windows<Key>,
    /// Failed log-ins and refreshes.
    pub(super) failures: Addresses,
    /// Sign-ups.
    pub(super) sign_ups: Addresses,
    /// Password resets.
    pub(super) resets: Addresses,
    /// Wrong codes of password resets.
    pub(super) wrong_codes: Addresses,
    /// Codes of sign-ups that were asked for or given.
    pub(super) codes: Addresses,
    /// Certificates of erasures that were read without an operator's token.
    pub(super) certificates: Addresses,
    /// Taken login ids, by sign-up.
    pub(super) login_ids: Windows<Uuid>,
    /// Wrong payment codes, by principal.
    pub(super) payment_codes: Windows<Key>,
}

impl Throttles {
    pub(super) fn new(options: &ThrottleOptions) -> Self {
        Self {
            passwords: Delays::new(options),
            logins: Windows::new(options.failures_per_login, HOUR),
            failures: Addresses::new(options.failures_per_address, MINUTE),
            sign_ups: Addresses::new(options.sign_ups_per_address, MINUTE),
            resets: Addresses::new(options.resets_per_address, MINUTE),
            wrong_codes: Addresses::new(options.wrong_codes_per_address, HOUR),
            codes: Addresses::new(options.codes_per_address, MINUTE),
            certificates: Addresses::new(options.codes_per_address, MINUTE),
            login_ids: Windows::new(options.login_ids_per_sign_up, MINUTE),
            payment_codes: Windows::new(options.wrong_payment_codes, MINUTE),
        }
    }
}

/// A growing delay after too many failures.
pub(super) struct Delays {
    counts: Cache<Key, Arc<Mutex<Failures>>>,
    free: u32,
    first: Duration,
    longest: Duration,
}

#[derive(Default)]
struct Failures {
    count: u32,
    until: Option<Instant>,
}

impl Delays {
    fn new(options: &ThrottleOptions) -> Self {
        let counts = Cache::builder().max_capacity(KEYS).time_to_idle(HOUR.max(options.longest_delay * 2)).build();
        Self { counts, free: options.free_failures, first: options.first_delay, longest: options.longest_delay }
    }

    /// Counts an attempt, or returns how long to wait.
    pub(super) fn begin(&self, key: Key, now: Instant) -> Result<(), AuthError> {
        self.begin_leaving(key, now, Duration::ZERO)
    }

    /// The same for an attempt whose answer leaves some time after it came: who has to wait waits from then on.
    pub(super) fn begin_leaving(&self, key: Key, now: Instant, after: Duration) -> Result<(), AuthError> {
        let kept = self.counts.get_with(key, Arc::default);
        let mut failures = lock(&kept);
        if let Some(until) = failures.until.filter(|until| *until > now) {
            return Err(AuthError::TooMany { retry_after: until - now, tries: self.free, window: None });
        }
        failures.count = failures.count.saturating_add(1);
        let over = failures.count.checked_sub(self.free);
        failures.until = over.map(|over| now + after + self.first.saturating_mul(1 << over.min(31)).min(self.longest));
        Ok(())
    }

    /// The try came to nothing through no fault of who tried.
    pub(super) fn take_back(&self, key: Key) {
        if let Some(kept) = self.counts.get(&key) {
            let mut failures = lock(&kept);
            failures.count = failures.count.saturating_sub(1);
            failures.until = None;
        }
    }

    /// The try was good: nothing is held against the key any more.
    pub(super) fn clear(&self, key: Key) {
        self.counts.invalidate(&key);
    }
}

/// So many in a time from one address. An IPv6 address counts as its site: one customer of a provider often has 65,536 networks.
pub(super) struct Addresses(Windows<IpAddr>);

impl Addresses {
    fn new(limit: u32, length: Duration) -> Self {
        Self(Windows::new(limit, length))
    }

    /// Counts one, or returns how long to wait.
    pub(super) fn begin(&self, from: IpAddr, now: Instant) -> Result<(), AuthError> {
        self.0.begin(site(from), now)
    }

    /// It does not count after all.
    pub(super) fn take_back(&self, from: IpAddr) {
        self.0.take_back(&site(from));
    }
}

/// So many in a time.
pub(super) struct Windows<K> {
    counts: Cache<K, Arc<Mutex<Window>>>,
    limit: u32,
    length: Duration,
}

struct Window {
    begun: Instant,
    count: u32,
}

impl<K: Hash + Eq + Send + Sync + 'static> Windows<K> {
    fn new(limit: u32, length: Duration) -> Self {
        Self { counts: Cache::builder().max_capacity(KEYS).time_to_idle(length).build(), limit, length }
    }

    /// Counts one, or returns how long to wait.
    pub(super) fn begin(&self, key: K, now: Instant) -> Result<(), AuthError> {
        let kept = self.counts.get_with(key, || Arc::new(Mutex::new(Window { begun: now, count: 0 })));
        let mut window = lock(&kept);
        let ends = window.begun + self.length;
        if now >= ends {
            *window = Window { begun: now, count: 0 };
        } else if window.count >= self.limit {
            return Err(self.too_many(ends - now));
        }
        window.count += 1;
        Ok(())
    }

    /// Tells how long to wait, if one has to; counts nothing.
    pub(super) fn check(&self, key: &K, now: Instant) -> Result<(), AuthError> {
        let Some(kept) = self.counts.get(key) else { return Ok(()) };
        let window = lock(&kept);
        let ends = window.begun + self.length;
        match now < ends && window.count >= self.limit {
            true => Err(self.too_many(ends - now)),
            false => Ok(()),
        }
    }

    fn too_many(&self, retry_after: Duration) -> AuthError {
        AuthError::TooMany { retry_after, tries: self.limit, window: Some(self.length) }
    }

    /// It does not count after all.
    pub(super) fn take_back(&self, key: &K) {
        if let Some(kept) = self.counts.get(key) {
            let mut window = lock(&kept);
            window.count = window.count.saturating_sub(1);
        }
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    // Numbers are whole after any panic.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = [7; 16];

    fn waits(result: Result<(), AuthError>) -> Option<u64> {
        match result {
            Ok(()) => None,
            Err(AuthError::TooMany { retry_after, .. }) => Some(retry_after.as_secs()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn after_five_failures_each_try_waits_twice_as_long_up_to_five_minutes() {
        let delays = Delays::new(&ThrottleOptions::default());
        let mut now = Instant::now();
        for _ in 0..5 {
            assert_eq!(waits(delays.begin(KEY, now)), None);
        }
        assert_eq!(waits(delays.begin([8; 16], now)), None, "another login is another matter");
        for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(waits(delays.begin(KEY, now)), Some(delay));
            now += Duration::from_secs(delay);
            assert_eq!(waits(delays.begin(KEY, now)), None);
        }
        delays.clear(KEY);
        for _ in 0..5 {
            assert_eq!(waits(delays.begin(KEY, now)), None, "a good one clears the slate");
        }
    }

    #[test]
    fn what_was_nobodys_fault_does_not_count() {
        let delays = Delays::new(&ThrottleOptions::default());
        let now = Instant::now();
        for _ in 0..50 {
            assert_eq!(waits(delays.begin(KEY, now)), None);
            delays.take_back(KEY);
        }
        let windows = Windows::new(2, MINUTE);
        for _ in 0..50 {
            assert_eq!(waits(windows.begin(KEY, now)), None);
            windows.take_back(&KEY);
        }
    }

    #[test]
    fn all_networks_of_a_site_are_counted_together() {
        let addresses = Addresses::new(2, MINUTE);
        let now = Instant::now();
        let begin = |text: &str| waits(addresses.begin(text.parse().expect("an address"), now));
        assert_eq!([begin("2001:db8:1:1::1"), begin("2001:db8:1:2::1")], [None, None]);
        assert_eq!(begin("2001:db8:1:3::1"), Some(60));
        assert_eq!(begin("2001:db8:2:1::1"), None);
    }

    #[test]
    fn so_many_in_a_minute_and_then_again() {
        let windows = Windows::new(3, MINUTE);
        let begun = Instant::now();
        for _ in 0..3 {
            assert_eq!(waits(windows.begin(1_u8, begun)), None);
        }
        assert_eq!(waits(windows.begin(1, begun + Duration::from_secs(20))), Some(40));
        assert_eq!(waits(windows.check(&1, begun + Duration::from_secs(20))), Some(40));
        assert_eq!(waits(windows.check(&2, begun)), None, "looking counts nothing");
        assert_eq!(waits(windows.begin(2, begun)), None, "another is counted by itself");
        assert_eq!(waits(windows.begin(1, begun + MINUTE)), None);
    }

    #[test]
    fn a_hundred_at_once_get_no_further_than_one_after_another() {
        let delays = Delays::new(&ThrottleOptions::default());
        let now = Instant::now();
        let let_in = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..100).map(|_| scope.spawn(|| delays.begin(KEY, now).is_ok())).collect();
            tries.into_iter().map(|one| one.join().expect("no panic")).filter(|begun| *begun).count()
        });
        assert_eq!(let_in, 5);
    }
}
