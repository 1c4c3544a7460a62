//! Subjects and sessions whose tokens no longer count, however long they would still hold.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use super::principal::Principal;
use crate::shutdown::Shutdown;

/// Bits of the filter: 64 KiB, and one id in five hundred thousand takes the lock for nothing while one was revoked.
const BITS: usize = 1 << 19;

/// The ids that were revoked. Clones share them.
///
/// It is asked for every request, so most are answered without a lock: each id has a bit, and a bit that is not set says
/// that the id was never revoked. Only then is the set itself asked.
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    filter: Box<[AtomicU64]>,
    ids: RwLock<HashMap<Uuid, Instant>>,
    /// Times below are milliseconds since then, and 0 is never.
    began: Instant,
    /// When the follower was last at work: it shows that this process was running.
    looked: AtomicU64,
    /// When the source was asked that last answered.
    read: AtomicU64,
}

impl Default for Revocations {
    fn default() -> Self {
        let filter = (0..BITS / 64).map(|_| AtomicU64::new(0)).collect();
        let (looked, read) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Inner { filter, ids: RwLock::default(), began: Instant::now(), looked, read }))
    }
}

impl Revocations {
    /// Nothing is revoked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on no token of this subject, or of this session, counts.
    pub fn insert(&self, id: Uuid) {
        self.extend([id]);
    }

    /// The same for many.
    pub fn extend(&self, ids: impl IntoIterator<Item = Uuid>) {
        // Collected before the lock is taken: the iterator may read this very set.
        let (now, ids) = (Instant::now(), ids.into_iter().collect::<Vec<_>>());
        let mut kept = self.0.ids.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            kept.insert(id, now);
            let (word, bit) = place(id);
            self.0.filter[word].fetch_or(bit, Ordering::Release);
        }
    }

    /// Whether this id was revoked.
    pub fn contains(&self, id: Uuid) -> bool {
        let (word, bit) = place(id);
        self.0.filter[word].load(Ordering::Acquire) & bit != 0
            && self.0.ids.read().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.ids.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a token of this principal no longer counts.
    pub(super) fn refuse(&self, principal: &Principal) -> bool {
        self.contains(principal.actor.id.uuid()) || principal.session.is_some_and(|session| self.contains(session))
    }

    /// Whether what is known is too old to know that a session has not ended elsewhere: this process was suspended, or the
    /// source has not answered for long. Never before anybody follows a source.
    pub fn are_outdated(&self) -> bool {
        self.are_outdated_at(Instant::now())
    }

    fn are_outdated_at(&self, now: Instant) -> bool {
        let older_than = |mark: &AtomicU64, limit: Duration| {
            now.saturating_duration_since(self.0.began + Duration::from_millis(mark.load(Ordering::Acquire))) > limit
        };
        let (looked, read) = (self.0.looked.load(Ordering::Acquire), self.0.read.load(Ordering::Acquire));
        // A process that has just started and never read the list knows of nobody who logged out.
        looked != 0 && (read == 0 || older_than(&self.0.looked, UNATTENDED) || older_than(&self.0.read, UNREAD))
    }

    fn mark(&self, mark: &AtomicU64, at: Instant) {
        let since = at.saturating_duration_since(self.0.began).as_millis();
        mark.store(u64::try_from(since).unwrap_or(u64::MAX).max(1), Ordering::Release);
    }

    /// Forgets what is not in force any more: everything that was revoked before `asked` and is not among `in_force`.
    fn keep_only(&self, in_force: &HashSet<Uuid>, asked: Instant) {
        let mut kept = self.0.ids.write().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|id, since| *since >= asked || in_force.contains(id));
        // No bit of an id that stays is ever missing, not even for a moment: readers do not wait for this lock.
        let mut words = vec![0; self.0.filter.len()];
        for (word, bit) in kept.keys().map(|id| place(*id)) {
            words[word] |= bit;
        }
        for (kept, word) in self.0.filter.iter().zip(words) {
            kept.store(word, Ordering::Release);
        }
    }

    /// Keeps level with where revocations are recorded, until asked to stop: asks twice a second for what is new, and
    /// now and then for everything, so that what no longer matters is forgotten.
    pub async fn follow(&self, source: impl RevocationSource, shutdown: Shutdown) {
        let mut follower = Follower { revocations: self.clone(), newest: None, whole_since: None, well: true };
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                () = shutdown.requested() => return,
                () = follower.step(&source) => {}
            }
        }
    }
}

impl std::fmt::Debug for Revocations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Revocations({})", self.len())
    }
}

/// The word and the bit of an id. The low end of an id is its random part.
fn place(id: Uuid) -> (usize, u64) {
    let place = (id.as_u128() as usize) % BITS;
    (place / 64, 1 << (place % 64))
}

/// Where revocations are recorded.
#[async_trait]
pub trait RevocationSource: Send + Sync {
    /// What is in force of what was revoked after a serial, with serials: none becomes visible after a higher one.
    async fn after(&self, serial: i64) -> Result<Found, SourceError>;

    /// What was last read is in force. For a source that others wait for.
    async fn applied(&self) -> Result<(), SourceError> {
        Ok(())
    }
}

/// Revocations, each with its serial.
type Found = Vec<(i64, Uuid)>;
type SourceError = Box<dyn Error + Send + Sync>;

#[async_trait]
impl<S: RevocationSource + ?Sized> RevocationSource for Arc<S> {
    async fn after(&self, serial: i64) -> Result<Vec<(i64, Uuid)>, Box<dyn Error + Send + Sync>> {
        (**self).after(serial).await
    }

    async fn applied(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        (**self).applied().await
    }
}

/// How often it is asked what is new, at every server: with it a revocation counts everywhere within a second.
const EVERY: Duration = Duration::from_millis(500);
/// A source that takes longer has failed this time.
const LIMIT: Duration = Duration::from_secs(2);
/// A follower that was not at work for longer was standing still, and its process with it.
const UNATTENDED: Duration = Duration::from_secs(3);
/// For how long a source that does not answer keeps nobody out. Afterwards tokens of sessions are not taken.
const UNREAD: Duration = Duration::from_secs(30);
/// How often everything is read again.
const WHOLE_EVERY: Duration = Duration::from_secs(900);

struct Follower {
    revocations: Revocations,
    /// The newest that was read, with its serial.
    newest: Option<(i64, Uuid)>,
    whole_since: Option<Instant>,
    well: bool,
}

impl Follower {
    async fn step(&mut self, source: &impl RevocationSource) {
        let asked = Instant::now();
        let revocations = self.revocations.clone();
        // A process that was frozen stays out of date until the first answer after it woke.
        if !revocations.are_outdated_at(asked) {
            revocations.mark(&revocations.0.looked, asked);
        }
        self.look(source, asked).await;
    }

    async fn look(&mut self, source: &impl RevocationSource, asked: Instant) {
        let whole = self.whole_since.is_none_or(|since| asked.duration_since(since) >= WHOLE_EVERY);
        let found = match timeout(LIMIT, self.ask(source, whole || !self.well)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return self.failed(error.as_ref()),
            Err(late) => return self.failed(&late),
        };
        if !self.well {
            self.well = true;
            tracing::info!("revocations are read again");
        }
        self.newest = found.iter().max().copied();
        self.revocations.extend(found.iter().map(|(_, id)| *id));
        if whole {
            self.whole_since = Some(asked);
            self.revocations.keep_only(&found.iter().map(|(_, id)| *id).collect(), asked);
        }
        self.revocations.mark(&self.revocations.0.read, asked);
        self.revocations.mark(&self.revocations.0.looked, asked);
        if let Err(error) = source.applied().await {
            return self.failed(error.as_ref());
        }
        metrics::gauge!("auth_revocations").set(self.revocations.len() as f64);
    }

    /// What is new, with the newest that is known; everything, if that is not there any more: its time is over, or the source
    /// came back from a backup and gives its serials out a second time.
    async fn ask(&self, source: &impl RevocationSource, everything: bool) -> Result<Found, SourceError> {
        let known = self.newest.filter(|_| !everything);
        if let Some((serial, id)) = known {
            let found = source.after(serial - 1).await?;
            if found.contains(&(serial, id)) {
                return Ok(found);
            }
        }
        source.after(0).await
    }

    /// One line when it breaks. What was revoked before stays so.
    fn failed(&mut self, error: &(dyn Error + 'static)) {
        // The process runs; how long the source has been silent is counted by itself. One that stood still knows nothing of that
        // time until it has read: its connection may be what broke.
        let now = Instant::now();
        if !self.revocations.are_outdated_at(now) {
            self.revocations.mark(&self.revocations.0.looked, now);
        }
        if self.well {
            self.well = false;
            tracing::warn!(error, "revocations cannot be read; those known stay in force");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn only_what_was_revoked_is() {
        let revocations = Revocations::new();
        let same_bit = id(7 + BITS as u128);
        assert!(!revocations.contains(id(7)));
        revocations.insert(id(7));
        assert!(revocations.contains(id(7)));
        assert!(!revocations.contains(same_bit), "it shares the bit and nothing else");
        assert!(!revocations.contains(id(8)));
    }

    #[test]
    fn what_no_longer_matters_is_forgotten_and_nothing_else_is() {
        let revocations = Revocations::new();
        let twin = id(7 + BITS as u128);
        revocations.extend([id(7), twin, id(9)]);
        let asked = Instant::now();
        revocations.insert(id(11));
        revocations.keep_only(&HashSet::from([twin]), asked);
        assert!(revocations.contains(twin), "its bit stays although the one that shared it is gone");
        assert!(revocations.contains(id(11)), "revoked after the question: the answer could not know");
        assert!(!revocations.contains(id(7)) && !revocations.contains(id(9)));
        assert_eq!(revocations.len(), 2);
    }

    /// A source in which rows become visible late and end.
    #[derive(Default)]
    struct Rows(Mutex<Vec<(i64, Uuid)>>);

    impl Rows {
        fn set(&self, rows: &[(i64, u128)]) {
            *self.0.lock().expect("not poisoned") =
                rows.iter().map(|(serial, number)| (*serial, id(*number))).collect();
        }
    }

    #[async_trait]
    impl RevocationSource for Rows {
        async fn after(&self, serial: i64) -> Result<Vec<(i64, Uuid)>, Box<dyn Error + Send + Sync>> {
            let rows = self.0.lock().expect("not poisoned").clone();
            if rows.is_empty() {
                return Err("away".into());
            }
            Ok(rows.into_iter().filter(|(own, _)| *own > serial).collect())
        }
    }

    /// Half of the second in which a revocation has to count everywhere; the rest is for the source.
    #[tokio::test(start_paused = true)]
    async fn a_revocation_is_read_within_half_a_second() {
        let (revocations, shutdown) = (Revocations::new(), Shutdown::new());
        let rows = Arc::new(Rows::default());
        rows.set(&[(1, 1)]);
        let following = tokio::spawn({
            let (revocations, rows, shutdown) = (revocations.clone(), rows.clone(), shutdown.clone());
            async move { revocations.follow(rows, shutdown).await }
        });
        let until_read = async |number| {
            let since = tokio::time::Instant::now();
            while !revocations.contains(id(number)) {
                assert!(since.elapsed() < Duration::from_secs(5), "{number} is not read");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            since.elapsed()
        };
        until_read(1).await;
        // The list was read a moment ago: nothing waits for longer.
        rows.set(&[(1, 1), (2, 2)]);
        let waited = until_read(2).await;
        assert!(waited <= Duration::from_millis(520), "{waited:?}");
        shutdown.trigger();
        following.await.expect("no panic");
    }

    #[tokio::test]
    async fn what_is_too_old_is_called_so() {
        let revocations = Revocations::new();
        let after = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert!(!revocations.are_outdated_at(after(3600)), "nobody follows a source");
        let mut follower = Follower { revocations: revocations.clone(), newest: None, whole_since: None, well: true };
        let rows = Rows::default();
        follower.step(&rows).await;
        assert!(revocations.are_outdated(), "the list was never read");
        rows.set(&[(1, 1)]);
        follower.step(&rows).await;
        assert!(!revocations.are_outdated_at(after(2)));
        assert!(revocations.are_outdated_at(after(4)), "the process was suspended");
        rows.set(&[]);
        follower.step(&rows).await;
        assert!(!revocations.are_outdated(), "a source may be silent for a while");
        revocations.mark(&revocations.0.looked, after(31));
        assert!(revocations.are_outdated_at(after(32)), "but not for long");
    }

    #[tokio::test]
    async fn one_that_stood_still_is_out_of_date_until_it_has_read() {
        let mut revocations = Revocations::new();
        let inner = Arc::get_mut(&mut revocations.0).expect("nobody else has it");
        inner.began = Instant::now().checked_sub(Duration::from_secs(60)).expect("the machine runs for longer");
        let read = inner.began + Duration::from_secs(51);
        revocations.mark(&revocations.0.looked, read);
        revocations.mark(&revocations.0.read, read);
        let mut follower = Follower { revocations: revocations.clone(), newest: None, whole_since: None, well: true };
        let rows = Rows::default();
        // Its connection was closed meanwhile: the first question fails.
        follower.step(&rows).await;
        assert!(revocations.are_outdated(), "it does not know what ended while it stood still");
        rows.set(&[(1, 1)]);
        follower.step(&rows).await;
        assert!(!revocations.are_outdated() && revocations.contains(id(1)));
    }

    #[tokio::test]
    async fn a_follower_sees_what_is_new_and_keeps_what_it_has_when_the_source_is_away() {
        let revocations = Revocations::new();
        let mut follower = Follower { revocations: revocations.clone(), newest: None, whole_since: None, well: true };
        let rows = Rows::default();
        rows.set(&[(1, 1), (2, 2)]);
        follower.step(&rows).await;
        assert!(revocations.contains(id(1)) && revocations.contains(id(2)));
        rows.set(&[(1, 1), (2, 2), (3, 3)]);
        follower.step(&rows).await;
        assert!(revocations.contains(id(3)));
        rows.set(&[]);
        follower.step(&rows).await;
        assert!(!follower.well && revocations.len() == 3);
        rows.set(&[(4, 4)]);
        follower.step(&rows).await;
        assert!(follower.well && revocations.len() == 4, "only a question for everything forgets");
        // The source came back from a backup: a serial that was seen is another revocation's now.
        rows.set(&[(3, 33), (4, 44)]);
        follower.step(&rows).await;
        assert!(revocations.contains(id(33)) && revocations.contains(id(44)) && revocations.contains(id(4)));
        rows.set(&[(4, 4)]);
        follower.whole_since = None;
        follower.step(&rows).await;
        assert!(revocations.contains(id(4)) && revocations.len() == 1);
    }
}
