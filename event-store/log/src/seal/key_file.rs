//! The file that holds the keys: JSON, readable by its owner only, never half written.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::TryRngCore;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

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
    Random(#[source] rand::rand_core::OsError),
}

/// As it is written: keys in base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    current: String,
    keys: BTreeMap<String, String>,
}

impl Drop for Form {
    fn drop(&mut self) {
        self.keys.values_mut().for_each(Zeroize::zeroize);
    }
}

/// Tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64, i64, i64, u64);

pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let meta = fs::metadata(path).ok()?;
    Some(Stamp(meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
}

impl SliceKeys {
    /// Makes the file with one fresh key if there is none; says whether it did. Two that make it at once end with the
    /// same.
    pub fn ensure(path: &Path) -> Result<(Self, bool), KeyFileError> {
        let made = !path.exists() && {
            let (id, secret) = fresh()?;
            Self::new(id, *secret).write(path, Put::IfAbsent)?
        };
        Ok((Self::read(path)?, made))
    }

    /// Reads it; refused if others may read it too.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let unreadable = |source| KeyFileError::Read { path: path.to_owned(), source };
        if fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
            return Err(KeyFileError::Open(path.to_owned()));
        }
        let text = Zeroizing::new(fs::read(path).map_err(unreadable)?);
        parse(&text).ok_or_else(|| KeyFileError::NotKeys(path.to_owned()))
    }

    /// Adds a fresh key, which seals from now on; the keys with it. The earlier ones are still accepted.
    pub fn rotate(path: &Path) -> Result<Self, KeyFileError> {
        let _alone = lock(path)?;
        let mut next = Self::read(path)?;
        let (id, secret) = fresh()?;
        next.keys.insert(id.clone(), secret);
        next.current = id;
        next.write(path, Put::Replacing)?;
        Ok(next)
    }

    /// Removes all keys but the current one; the ids of those removed.
    pub fn retire(path: &Path) -> Result<Vec<String>, KeyFileError> {
        let _alone = lock(path)?;
        let mut next = Self::read(path)?;
        let retired: Vec<String> = next.keys.keys().filter(|id| **id != next.current).cloned().collect();
        if !retired.is_empty() {
            next.keys.retain(|id, _| !retired.contains(id));
            next.write(path, Put::Replacing)?;
        }
        Ok(retired)
    }

    /// Says whether this file is in its place now, rather than one that was there before.
    fn write(&self, path: &Path, put: Put) -> Result<bool, KeyFileError> {
        let failed = |source| KeyFileError::Write { path: path.to_owned(), source };
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(folder) = folder(&place) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let beside = place.with_extension(format!("{}.new", fresh()?.0));
        let put_there = self.write_beside(&beside).and_then(|()| match put {
            Put::Replacing => fs::rename(&beside, &place).map(|()| true),
            Put::IfAbsent => match fs::hard_link(&beside, &place) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                linked => fs::remove_file(&beside).map(|()| linked.is_ok()),
            },
        });
        if put_there.is_err() {
            // It holds keys, so it must not stay. The first error is the one to report.
            let _ = fs::remove_file(&beside);
        }
        let synced = put_there.and_then(|put| match folder(&place) {
            Some(folder) => fs::File::open(folder)?.sync_all().map(|()| put),
            None => Ok(put),
        });
        synced.map_err(failed)
    }

    fn write_beside(&self, beside: &Path) -> io::Result<()> {
        let encoded = self.keys.iter().map(|(id, key)| (id.clone(), STANDARD.encode(**key)));
        let form = Form { current: self.current.clone(), keys: encoded.collect() };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&form)?);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
        file.write_all(&text)?;
        file.write_all(b"\n")?;
        file.sync_all()
    }
}

fn parse(text: &[u8]) -> Option<SliceKeys> {
    let form: Form = serde_json::from_slice(text).ok()?;
    let mut keys = BTreeMap::new();
    for (id, text) in &form.keys {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        keys.insert(id.clone(), Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?));
    }
    let current = form.current.clone();
    keys.contains_key(&current).then_some(SliceKeys { current, keys })
}

/// How a file comes to its place.
#[derive(Clone, Copy)]
enum Put {
    Replacing,
    IfAbsent,
}

fn folder(place: &Path) -> Option<&Path> {
    place.parent().filter(|folder| !folder.as_os_str().is_empty())
}

/// Of two processes that change the file at once, one would lose the key of the other.
fn lock(path: &Path) -> Result<fs::File, KeyFileError> {
    let beside = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).with_extension("lock");
    let failed = |source| KeyFileError::Write { path: beside.clone(), source };
    let file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&beside).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

/// An id and a secret.
fn fresh() -> Result<(String, Zeroizing<[u8; 32]>), KeyFileError> {
    let (mut id, mut secret) = ([0; 8], Zeroizing::new([0; 32]));
    rand::rngs::OsRng.try_fill_bytes(&mut id).map_err(KeyFileError::Random)?;
    rand::rngs::OsRng.try_fill_bytes(secret.as_mut()).map_err(KeyFileError::Random)?;
    Ok((format!("{:016x}", u64::from_be_bytes(id)), secret))
}
