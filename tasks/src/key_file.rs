//! A file that holds secret keys: several by id, one of them current; JSON, readable by its owner only, never half written.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::TryRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::files;

/// What a key file holds: keys of 32 bytes by their ids. Wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFile {
    current: String,
    keys: BTreeMap<String, Zeroizing<[u8; 32]>>,
}

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It cannot be written.
    #[error("{} cannot be written", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// Others may read it.
    #[error("{} may be read by others", .0.display())]
    Exposed(PathBuf),
    /// It holds something else. What, is not reported: it may be a key.
    #[error("{} is not a key file", .0.display())]
    NotKeys(PathBuf),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random(#[source] rand::rngs::SysError),
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

impl KeyFile {
    /// One key, the current one. `secret` comes from the machine's random source.
    pub fn of(id: impl Into<String>, secret: [u8; 32]) -> Self {
        let id = id.into();
        Self { current: id.clone(), keys: BTreeMap::from([(id, Zeroizing::new(secret))]) }
    }

    /// The file there; made, with one fresh key, if there is none. Says whether it was made. Two that make it at once end with
    /// the same.
    pub fn ensure(path: &Path) -> Result<(Self, bool), KeyFileError> {
        let made = !path.exists() && {
            let (id, secret) = fresh()?;
            let content = Self::of(id, *secret).content();
            let created = content.and_then(|content| files::create(path, &content, files::PRIVATE));
            created.map_err(|error| KeyFileError::Write(path.to_owned(), error))?
        };
        Ok((Self::read(path)?, made))
    }

    /// Reads it; refused if others may read it too.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let not_keys = || KeyFileError::NotKeys(path.to_owned());
        // A file that was replaced while it was read may have been overwritten: then another one is in its place.
        let read = |_| read_private(path).map(|text| Self::parse(&text));
        let mut tries = (0..3).map(read);
        tries.find_map(Result::transpose).unwrap_or_else(|| Err(not_keys()))
    }

    /// Adds a fresh key, which is the current one from now on. The earlier ones stay.
    pub fn rotate(path: &Path) -> Result<Self, KeyFileError> {
        let _alone = lock(path)?;
        let mut next = Self::read(path)?;
        let (id, secret) = fresh()?;
        next.keys.insert(id.clone(), secret);
        next.current = id;
        next.replace_and_overwrite(path)?;
        Ok(next)
    }

    /// Removes all keys but the current one; the file as it is then, and the ids of those removed.
    pub fn retire(path: &Path) -> Result<(Self, Vec<String>), KeyFileError> {
        Self::remove_where(path, |_| true)
    }

    /// Removes these keys, but never the current one; the file as it is then, and the ids of those removed.
    pub fn remove(path: &Path, ids: &[String]) -> Result<(Self, Vec<String>), KeyFileError> {
        Self::remove_where(path, |id| ids.contains(id))
    }

    fn remove_where(path: &Path, goes: impl Fn(&String) -> bool) -> Result<(Self, Vec<String>), KeyFileError> {
        let _alone = lock(path)?;
        let mut next = Self::read(path)?;
        let removed: Vec<String> = next.keys.keys().filter(|id| **id != next.current && goes(id)).cloned().collect();
        if !removed.is_empty() {
            next.keys.retain(|id, _| !removed.contains(id));
            next.replace_and_overwrite(path)?;
        }
        Ok((next, removed))
    }

    /// The former file is overwritten, so that no former file holds a key that is removed later. What a disk or a file system keeps
    /// of it all the same (journals, snapshots, worn blocks, or if the process dies between the two) is out of reach.
    fn replace_and_overwrite(&self, path: &Path) -> Result<(), KeyFileError> {
        let failed = |error| KeyFileError::Write(path.to_owned(), error);
        let former = files::open_to_overwrite(path).map_err(failed)?;
        self.replace(path)?;
        files::overwrite(&former).map_err(failed)
    }

    /// The id of the current key.
    pub fn current(&self) -> &str {
        &self.current
    }

    /// A key by its id.
    pub fn key(&self, id: &str) -> Option<&[u8; 32]> {
        self.keys.get(id).map(|key| &**key)
    }

    /// The ids of all keys, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    fn replace(&self, path: &Path) -> Result<(), KeyFileError> {
        let replaced = self.content().and_then(|content| files::replace(path, &content, files::PRIVATE));
        replaced.map_err(|error| KeyFileError::Write(path.to_owned(), error))
    }

    fn content(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        let encoded = self.keys.iter().map(|(id, key)| (id.clone(), STANDARD.encode(**key)));
        let form = Form { current: self.current.clone(), keys: encoded.collect() };
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(&form)?);
        text.push(b'\n');
        Ok(text)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(text).ok()?;
        let mut keys = BTreeMap::new();
        for (id, text) in &form.keys {
            let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
            keys.insert(id.clone(), Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?));
        }
        let current = form.current.clone();
        keys.contains_key(&current).then_some(Self { current, keys })
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({} of {})", self.current, self.keys.len())
    }
}

/// Reads a file whose content is a secret, such as a token; refused if others may read it too.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let unreadable = |error| KeyFileError::Read(path.to_owned(), error);
    if files::is_exposed(path).map_err(unreadable)? {
        return Err(KeyFileError::Exposed(path.to_owned()));
    }
    files::read_secret(path).map_err(unreadable)
}

/// Of two processes that change the file at once, one would lose the key of the other.
fn lock(path: &Path) -> Result<std::fs::File, KeyFileError> {
    files::lock(path).map_err(|error| KeyFileError::Write(path.to_owned(), error))
}

/// An id and a secret.
fn fresh() -> Result<(String, Zeroizing<[u8; 32]>), KeyFileError> {
    let (mut id, mut secret) = ([0; 8], Zeroizing::new([0; 32]));
    rand::rngs::SysRng.try_fill_bytes(&mut id).map_err(KeyFileError::Random)?;
    rand::rngs::SysRng.try_fill_bytes(secret.as_mut()).map_err(KeyFileError::Random)?;
    Ok((format!("{:016x}", u64::from_be_bytes(id)), secret))
}
