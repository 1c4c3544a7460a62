//! The key set in force, and the file that it comes from. The file may be replaced or broken, or may lie on a file system
//! that does not answer: no lock is held while it is read, and no request waits for it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::Clock;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{
    keys::{Keys, KeysError, read_bytes},
    look_schedule::LookSchedule,
    stamp::Stamp,
};

/// A look that takes longer has failed, and another one may begin.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// The most looks that may hang at once. Each holds a thread that nothing can end.
const MAX_HUNG: usize = 8;
/// An unchanged file is read again after this many seconds.
const REREAD_SECONDS: i64 = 5;
/// The last keys stay in force for this many seconds while the file cannot be read. After that no token holds.
pub(super) const KEPT_SECONDS: i64 = 600;

/// Reads the content of the file.
type ReadFile = dyn Fn(&Path) -> io::Result<Vec<u8>> + Send + Sync;

/// The key set in force.
pub(super) struct KeySet {
    keys: RwLock<Arc<Keys>>,
    /// The number of the key set in force.
    current: AtomicU64,
    /// Since when the file cannot be read, in seconds since 1970; 0 if it can. Written under the lock of `looks`.
    failing_since: AtomicI64,
    file: Option<File>,
    clock: Arc<dyn Clock>,
}

/// The file of the key set, and the looks at it.
struct File {
    path: PathBuf,
    read: Box<ReadFile>,
    schedule: LookSchedule,
    /// The looks that have not ended yet.
    running: AtomicUsize,
    looks: Mutex<Looks>,
}

/// What came of the looks.
struct Looks {
    /// The newest look that ended. An older one that ends later is ignored.
    ended: u64,
    /// The newest look that failed.
    failed: u64,
    stamp: Option<Stamp>,
    /// When the look began that read the keys in force, in seconds since 1970.
    read_at: i64,
}

/// A look at the file that has begun.
#[derive(Clone, Copy)]
struct Look {
    number: u64,
    at: i64,
}

/// Why a look has no result.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("the file system did not answer within {} s", LOOK_LIMIT.as_secs())]
    Hung,
    #[error("{0} earlier looks at the file still hang")]
    Skipped(usize),
    #[error("the look ended without a result")]
    Broken,
    #[error("no thread can be started")]
    Thread(#[source] io::Error),
}

impl KeySet {
    /// The set that is in the file now.
    pub(super) fn from_file(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, KeysError> {
        Self::from_file_with(path, Box::new(read_bytes), clock)
    }

    fn from_file_with(path: &Path, read: Box<ReadFile>, clock: Arc<dyn Clock>) -> Result<Self, KeysError> {
        // The stamp before the content: what changes in between is read again.
        let stamp = Stamp::of(path).ok();
        let keys = Keys::parse(&read(path).map_err(|source| unreadable(path, source))?)?;
        let read_at = clock.now().timestamp();
        let file = File {
            path: path.to_owned(),
            read,
            schedule: LookSchedule::new(),
            running: AtomicUsize::new(0),
            looks: Mutex::new(Looks { ended: 0, failed: 0, stamp, read_at }),
        };
        Ok(Self { file: Some(file), ..Self::fixed(keys, clock) })
    }

    /// A set that never changes.
    pub(super) fn fixed(keys: Keys, clock: Arc<dyn Clock>) -> Self {
        let (keys, current, failing_since) = (RwLock::new(Arc::new(keys)), AtomicU64::new(0), AtomicI64::new(0));
        Self { keys, current, failing_since, file: None, clock }
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of the set in force.
    pub(super) fn current(&self) -> u64 {
        self.current.load(Ordering::Acquire)
    }

    /// Whether the file could not be read for so long that its keys do not count any more.
    pub(super) fn is_outdated(&self, now: i64) -> bool {
        let since = self.failing_since.load(Ordering::Relaxed);
        since != 0 && now.saturating_sub(since) > KEPT_SECONDS
    }

    /// An error if no key is in force: the set is empty, or could not be read for too long.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let path = file.path.display();
        if self.is_outdated(self.clock.now().timestamp()) {
            let hint = match file.running.load(Ordering::Relaxed) {
                MAX_HUNG.. => "; too many reads hang: restart the process when the file can be read",
                _ => "; make the file readable",
            };
            return Err(format!("the key set {path} could not be read for {KEPT_SECONDS} s: no token holds{hint}"));
        }
        match self.keys().ids().is_empty() {
            true => Err(format!("the key set {path} holds no Ed25519 key: no token holds")),
            false => Ok(()),
        }
    }

    /// Asks for a look at the file; whether the keys are others already. The task that follows the file looks soon. Without
    /// one, the caller looks.
    pub(super) fn want_look(&self) -> bool {
        let Some(file) = &self.file else { return false };
        if file.schedule.is_followed() {
            file.schedule.want();
            return false;
        }
        let before = self.current();
        self.look(file, file.begin(self.clock.now().timestamp()));
        self.current() != before
    }

    /// Waits until a look at the file that begins after this call has ended, for this long at most. Not blocking.
    pub(super) async fn looked_again(&self, limit: Duration) -> bool {
        match &self.file {
            Some(file) => file.schedule.next(limit).await,
            None => false,
        }
    }

    /// Keeps the keys as they are in the file, for ever.
    pub(super) async fn follow(self: Arc<Self>) {
        let Some(file) = &self.file else { return std::future::pending().await };
        let mut ticks = file.schedule.follow();
        self.keys().ids().iter().for_each(|id| in_force(id, 1.0));
        let mut last = None;
        loop {
            file.schedule.due(&mut ticks).await;
            let look = file.begin(self.clock.now().timestamp());
            if let Err(error) = self.look_aside(file, look, &mut last).await {
                self.failed(file, look, &error);
            }
            file.schedule.end(look.number).await;
        }
    }

    /// Looks on a thread of its own. Not one of the runtime: that would wait for it at its end.
    async fn look_aside(
        self: &Arc<Self>,
        file: &File,
        look: Look,
        last: &mut Option<Instant>,
    ) -> Result<(), LookError> {
        let hung = file.running.load(Ordering::Acquire);
        // The more looks hang, the longer until the next one: some are left for when the file comes back.
        let pause = LOOK_LIMIT * 2_u32.saturating_pow(u32::try_from(hung.saturating_sub(1)).unwrap_or(u32::MAX));
        if hung >= MAX_HUNG || (hung > 0 && last.is_some_and(|last| last.elapsed() < pause)) {
            return Err(LookError::Skipped(hung));
        }
        *last = Some(Instant::now());
        let (done, ended) = oneshot::channel();
        let running = Running::begin(self.clone());
        let work = move || {
            if let Some(file) = &running.0.file {
                running.0.look(file, look);
            }
            drop(running);
            // Nobody waits for a look that took too long.
            let _ = done.send(());
        };
        std::thread::Builder::new().name("key-set".to_owned()).spawn(work).map_err(LookError::Thread)?;
        match timeout(LOOK_LIMIT, ended).await {
            Ok(ended) => ended.map_err(|_| LookError::Broken),
            Err(_) => Err(LookError::Hung),
        }
    }

    /// One look at the file, which may take for ever.
    fn look(&self, file: &File, look: Look) {
        let (known, read_at) = {
            let looks = file.looks();
            (looks.stamp, looks.read_at)
        };
        let is_due =
            self.failing_since.load(Ordering::Relaxed) != 0 || look.at >= read_at.saturating_add(REREAD_SECONDS);
        let found = file.find(known.filter(|_| !is_due));
        self.end(file, look, found);
    }

    /// Puts the keys found in force, unless a look that began later has ended already.
    fn end(&self, file: &File, look: Look, found: Result<Option<(Stamp, Keys)>, KeysError>) {
        let mut looks = file.looks();
        if look.number <= looks.ended {
            return;
        }
        looks.ended = look.number;
        match found {
            Ok(None) => {}
            Ok(Some((stamp, keys))) => {
                looks.stamp = Some(stamp);
                looks.read_at = look.at;
                // After a later failure it is only known that the keys were good when this look began.
                let since = if looks.failed > look.number { look.at } else { 0 };
                if self.failing_since.swap(since, Ordering::Relaxed) != 0 && since == 0 {
                    tracing::info!("the key set can be read again");
                }
                self.put_in_force(keys);
            }
            Err(error) => self.fail(&mut looks, look, &error),
        }
    }

    /// Called under the lock of the looks.
    fn put_in_force(&self, keys: Keys) {
        let before = self.keys();
        if keys.same_as(&before) {
            return;
        }
        tracing::info!(keys.before = ?before.ids(), keys.now = ?keys.ids(), "the key set changed");
        before.ids().iter().for_each(|id| in_force(id, 0.0));
        keys.ids().iter().for_each(|id| in_force(id, 1.0));
        // A key that is gone takes its tokens with it: they carry the number of the set before.
        let keys = Arc::new(keys.after(&before));
        let number = keys.number;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        self.current.store(number, Ordering::Release);
    }

    /// A look that has no result in time.
    fn failed(&self, file: &File, look: Look, error: &(dyn std::error::Error + 'static)) {
        let mut looks = file.looks();
        if look.number > looks.ended {
            self.fail(&mut looks, look, error);
        }
    }

    fn fail(&self, looks: &mut Looks, look: Look, error: &(dyn std::error::Error + 'static)) {
        metrics::counter!("auth_key_set_failures_total").increment(1);
        looks.failed = looks.failed.max(look.number);
        let first = self.failing_since.compare_exchange(0, look.at, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok() {
            tracing::warn!(
                error,
                "the key set cannot be read; the keys read before stay in force for {KEPT_SECONDS} s"
            );
        }
    }
}

impl File {
    fn begin(&self, at: i64) -> Look {
        Look { number: self.schedule.begin(), at }
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys in the file now; none if the file is the one known.
    fn find(&self, known: Option<Stamp>) -> Result<Option<(Stamp, Keys)>, KeysError> {
        // The stamp before the content: what changes in between is read again.
        let stamp = Stamp::of(&self.path).map_err(|source| unreadable(&self.path, source))?;
        if known == Some(stamp) {
            return Ok(None);
        }
        let bytes = (self.read)(&self.path).map_err(|source| unreadable(&self.path, source))?;
        Ok(Some((stamp, Keys::parse_again(&bytes)?)))
    }
}

/// A look that has not ended.
struct Running(Arc<KeySet>);

impl Running {
    fn begin(set: Arc<KeySet>) -> Self {
        if let Some(file) = &set.file {
            file.running.fetch_add(1, Ordering::AcqRel);
        }
        Self(set)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(file) = &self.0.file {
            file.running.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn unreadable(path: &Path, source: io::Error) -> KeysError {
    KeysError::Read { path: path.display().to_string(), source }
}

fn in_force(id: &str, value: f64) {
    metrics::gauge!("auth_key_in_force", "kid" => id.to_owned()).set(value);
}

#[cfg(test)]
#[path = "key_set_tests.rs"]
mod tests;
