//! The key that the command servers of a bank share.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tasks::{KeyFile, KeyFileError};

/// The keys in a file. It is read again when a peer names a key that it did not hold, and before each connection is opened: so a key
/// is rotated without a restart.
#[derive(Debug)]
pub struct InternalKeys {
    path: PathBuf,
    read: Mutex<(KeyFile, Instant)>,
}

impl InternalKeys {
    /// How often at most the file is read again.
    const READ_AGAIN: Duration = Duration::from_millis(250);

    /// Reads the file.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { path: path.to_owned(), read: Mutex::new((KeyFile::read(path)?, Instant::now())) })
    }

    /// The current key with its id.
    pub(crate) fn current(&self) -> Option<(String, [u8; 32])> {
        let mut read = self.lock();
        self.read_again(&mut read);
        let id = read.0.current().to_owned();
        let secret = *read.0.key(&id)?;
        Some((id, secret))
    }

    /// A key by its id.
    pub(crate) fn key(&self, id: &str) -> Option<[u8; 32]> {
        let mut read = self.lock();
        if read.0.key(id).is_none() {
            self.read_again(&mut read);
        }
        read.0.key(id).copied()
    }

    /// A file that cannot be read leaves the keys as they were.
    fn read_again(&self, read: &mut (KeyFile, Instant)) {
        if read.1.elapsed() < Self::READ_AGAIN {
            return;
        }
        read.1 = Instant::now();
        match KeyFile::read(&self.path) {
            Ok(file) => read.0 = file,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the internal keys stay as they were")
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, (KeyFile, Instant)> {
        // A file is replaced whole.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
