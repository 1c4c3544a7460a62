//! The file that holds the slice keys.

use std::{
    io,
    path::{Path, PathBuf},
};

use tasks::KeyFile;

use super::SliceKeys;

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("the slice key file {} cannot be read; `jangbu slice-keys init` makes it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It cannot be written.
    #[error("the slice key file {} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others may read it.
    #[error("the slice key file {} can be read by others: `chmod 600` it, then `jangbu slice-keys rotate`", .0.display())]
    Open(PathBuf),
    /// It holds something else.
    #[error("{} holds no slice keys; remove it and run `jangbu slice-keys init`", .0.display())]
    NotKeys(PathBuf),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random(#[source] rand::rngs::SysError),
}

impl From<tasks::KeyFileError> for KeyFileError {
    fn from(error: tasks::KeyFileError) -> Self {
        match error {
            tasks::KeyFileError::Read(path, source) => Self::Read { path, source },
            tasks::KeyFileError::Write(path, source) => Self::Write { path, source },
            tasks::KeyFileError::Exposed(path) => Self::Open(path),
            tasks::KeyFileError::NotKeys(path) => Self::NotKeys(path),
            tasks::KeyFileError::Random(source) => Self::Random(source),
        }
    }
}

impl SliceKeys {
    /// Makes the file with one fresh key if there is none; says whether it did. Two that make it at once end with the
    /// same.
    pub fn ensure(path: &Path) -> Result<(Self, bool), KeyFileError> {
        let (file, made) = KeyFile::ensure(path)?;
        Ok((Self(file), made))
    }

    /// Reads it; refused if others may read it too.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self(KeyFile::read(path)?))
    }

    /// Adds a fresh key, which seals from now on; the keys with it. The earlier ones are still accepted.
    pub fn rotate(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self(KeyFile::rotate(path)?))
    }

    /// Removes all keys but the current one; the ids of those removed.
    pub fn retire(path: &Path) -> Result<Vec<String>, KeyFileError> {
        Ok(KeyFile::retire(path)?.1)
    }
}
