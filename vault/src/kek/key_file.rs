//! The file that holds key-encryption keys: several by id, one of them current, readable by its owner only.

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

use super::KekError;

/// What a key file holds. Wiped from memory when dropped.
pub struct KeyFile {
    current: String,
    keys: BTreeMap<String, Zeroizing<[u8; 32]>>,
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

/// What tells one state of a file from another, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64, i64, i64, u64);

impl KeyFile {
    /// The file there; made, with one fresh key, if there is none. Two that make it at once end with the same.
    pub fn ensure(path: &Path) -> Result<Self, KekError> {
        if !path.exists() {
            let id = fresh_id()?;
            let made = Self { current: id.clone(), keys: BTreeMap::from([(id, fresh_key()?)]) };
            made.write(path, Put::IfAbsent)?;
        }
        Self::read(path)
    }

    /// Reads it; refused if others may read it too.
    pub fn read(path: &Path) -> Result<Self, KekError> {
        let unreadable = |error| KekError::Read(path.to_owned(), error);
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KekError::Open(path.to_owned()));
        }
        let text = Zeroizing::new(fs::read(path).map_err(unreadable)?);
        Self::parse(&text).ok_or_else(|| KekError::NotAKeyFile(path.to_owned()))
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(text).ok()?;
        let mut keys = BTreeMap::new();
        for (id, text) in &form.keys {
            let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
            let mut key = Zeroizing::new([0; 32]);
            key.copy_from_slice(bytes.get(..32).filter(|_| bytes.len() == 32)?);
            keys.insert(id.clone(), key);
        }
        let current = form.current.clone();
        keys.contains_key(&current).then_some(Self { current, keys })
    }

    /// The id of the current key, and the key.
    pub(super) fn current(&self) -> (&str, Option<&[u8; 32]>) {
        (&self.current, self.key(&self.current))
    }

    /// A key by its id.
    pub(super) fn key(&self, id: &str) -> Option<&[u8; 32]> {
        self.keys.get(id).map(|key| &**key)
    }

    /// Adds a fresh key, which is the current one from now on; its id.
    pub(super) fn rotate(&mut self, path: &Path) -> Result<String, KekError> {
        let id = fresh_id()?;
        let mut next = self.copy();
        next.keys.insert(id.clone(), fresh_key()?);
        next.current.clone_from(&id);
        self.become_once_written(next, path)?;
        Ok(id)
    }

    /// Removes all keys but the current one and those that are used; their ids.
    pub(super) fn drop_old(&mut self, path: &Path, used: &[String]) -> Result<Vec<String>, KekError> {
        let kept = |id: &String| *id == self.current || used.contains(id);
        let dropped: Vec<String> = self.keys.keys().filter(|id| !kept(id)).cloned().collect();
        if !dropped.is_empty() {
            let mut next = self.copy();
            next.keys.retain(|id, _| !dropped.contains(id));
            self.become_once_written(next, path)?;
        }
        Ok(dropped)
    }

    fn copy(&self) -> Self {
        Self { current: self.current.clone(), keys: self.keys.clone() }
    }

    /// Nothing may ever be wrapped with a key that is not on disk.
    fn become_once_written(&mut self, next: Self, path: &Path) -> Result<(), KekError> {
        next.write(path, Put::Replacing)?;
        *self = next;
        Ok(())
    }

    /// Writes it beside its place first: a reader finds the old one or the new one, never half of it.
    fn write(&self, path: &Path, put: Put) -> Result<(), KekError> {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let beside = place.with_extension(format!("{}.new", fresh_id()?));
        let written = self.write_beside(&beside).and_then(|()| match put {
            Put::Replacing => fs::rename(&beside, &place),
            Put::IfAbsent => match fs::hard_link(&beside, &place) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => fs::remove_file(&beside),
            },
        });
        if written.is_err() {
            // It holds keys: it must not lie about.
            let _ = fs::remove_file(&beside);
        }
        let settled = written.and_then(|()| match place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        });
        settled.map_err(|error| KekError::Write(place, error))
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

    /// Keeps other processes from changing the file until the lock is dropped: of two that change it at once, one would
    /// lose the key of the other, and everything wrapped with it.
    pub(super) fn lock(path: &Path) -> Result<fs::File, KekError> {
        let beside = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).with_extension("lock");
        let unlocked = |error| KekError::Write(beside.clone(), error);
        let file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&beside).map_err(unlocked)?;
        file.lock().map_err(unlocked)?;
        Ok(file)
    }

    /// The state of the file at a path.
    pub(super) fn stamp(path: &Path) -> Result<Stamp, KekError> {
        let meta = fs::metadata(path).map_err(|error| KekError::Read(path.to_owned(), error))?;
        Ok(Stamp(meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyFile({} of {})", self.current, self.keys.len())
    }
}

/// How a file comes to its place.
#[derive(Clone, Copy)]
enum Put {
    Replacing,
    IfAbsent,
}

fn fresh_key() -> Result<Zeroizing<[u8; 32]>, KekError> {
    let mut key = Zeroizing::new([0; 32]);
    rand::rngs::OsRng.try_fill_bytes(key.as_mut()).map_err(KekError::Random)?;
    Ok(key)
}

fn fresh_id() -> Result<String, KekError> {
    let mut id = [0; 8];
    rand::rngs::OsRng.try_fill_bytes(&mut id).map_err(KekError::Random)?;
    Ok(format!("{:016x}", u64::from_be_bytes(id)))
}

/// Reads a file whose content is a secret, such as a token; refused if others may read it too.
pub(super) fn secret_file(path: &PathBuf) -> Result<Zeroizing<String>, KekError> {
    let unreadable = |error| KekError::Read(path.clone(), error);
    if fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
        return Err(KekError::Open(path.clone()));
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(unreadable)
}
