//! Key files: made once, whole, and replaced whole if ever.

use std::{fs, path::Path};

use tasks::files;

use super::error::KeyError;

pub(super) fn read(path: &Path) -> Result<String, KeyError> {
    fs::read_to_string(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })
}

/// Writes a file unless there is one; `false` if there was.
pub(super) fn create(path: &Path, content: &[u8], mode: u32) -> Result<bool, KeyError> {
    files::create(path, content, mode).map_err(|source| KeyError::Write { path: path.to_owned(), source })
}

/// Puts a file in the place of another.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), KeyError> {
    files::replace(path, content, mode).map_err(|source| KeyError::Write { path: path.to_owned(), source })
}
