//! Keys that follow their file.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tasks::files::{Stamp, stamp};

use super::{KeyFileError, SliceKeys};

/// The keys in a file, read again when the file changes. A file that cannot be read leaves the keys as they were.
#[derive(Debug)]
pub struct KeyWatch {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    keys: Arc<SliceKeys>,
    stamp: Option<Stamp>,
    looked: Instant,
}

impl KeyWatch {
    /// How often the file is looked at.
    const LOOK: Duration = Duration::from_secs(1);
    /// How often at most it is looked at because a message names an unknown key.
    pub(super) const LOOK_FOR_UNKNOWN: Duration = Duration::from_millis(100);

    /// Reads the file.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let stamp = stamp(path).ok();
        let keys = Arc::new(SliceKeys::read(path)?);
        let seen = Mutex::new(Seen { keys, stamp, looked: Instant::now() });
        Ok(Self { path: path.to_owned(), seen })
    }

    /// The keys in force.
    pub fn keys(&self) -> Arc<SliceKeys> {
        self.look(Self::LOOK)
    }

    /// The keys in force, after a message named one that is not among them.
    pub fn keys_for_unknown(&self) -> Arc<SliceKeys> {
        self.look(Self::LOOK_FOR_UNKNOWN)
    }

    fn look(&self, every: Duration) -> Arc<SliceKeys> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.looked.elapsed() >= every {
            seen.looked = Instant::now();
            let stamp = stamp(&self.path).ok();
            if stamp != seen.stamp {
                seen.stamp = stamp;
                seen.reread(&self.path);
            }
        }
        seen.keys.clone()
    }
}

impl Seen {
    fn reread(&mut self, path: &Path) {
        match SliceKeys::read(path) {
            Ok(keys) if keys.is_same(&self.keys) => {}
            Ok(keys) => {
                tracing::info!(key.id = keys.current(), keys = keys.ids().count(), "the slice keys have changed");
                self.keys = Arc::new(keys);
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the slice keys cannot be read again; those read before stay in force"
            ),
        }
    }
}
