//! The adapter to a key file.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::TryRng;
use zeroize::Zeroizing;

use tasks::{
    KeyFile,
    files::{self, Stamp},
};

use super::{Kek, KekError, Purpose, Wrapped};

/// The format of a wrapped key: one byte of this, 24 bytes of nonce, ciphertext and tag.
const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// Wraps with the keys of a [`KeyFile`]. The file is read again when it has changed, so servers go on through a rotation.
pub struct FileKek {
    path: PathBuf,
    held: Mutex<(Stamp, KeyFile)>,
}

impl FileKek {
    /// With the file at this path, which must be there.
    pub fn open(path: &Path) -> Result<Self, KekError> {
        Ok(Self { path: path.to_owned(), held: Mutex::new(Self::load(path)?) })
    }

    /// The stamp first: a change after it is noticed next time.
    fn load(path: &Path) -> Result<(Stamp, KeyFile), KekError> {
        Ok((stamp(path)?, KeyFile::read(path)?))
    }

    fn held(&self) -> MutexGuard<'_, (Stamp, KeyFile)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file holds now. It is small and local: reading it waits for nobody.
    fn fresh(&self) -> Result<MutexGuard<'_, (Stamp, KeyFile)>, KekError> {
        let mut held = self.held();
        if stamp(&self.path)? != held.0 {
            *held = Self::load(&self.path)?;
        }
        Ok(held)
    }

    /// The key with this id, as a cipher. One that was destroyed is forgotten here, too; while the file cannot be read, those that
    /// are known are used.
    fn cipher(&self, id: &str) -> Result<XChaCha20Poly1305, KekError> {
        match self.fresh() {
            Ok(held) => cipher_of(&held.1, id).ok_or_else(|| KekError::Unknown(id.to_owned())),
            Err(error) => cipher_of(&self.held().1, id).ok_or(error),
        }
    }
}

fn cipher_of(keys: &KeyFile, id: &str) -> Option<XChaCha20Poly1305> {
    keys.key(id).map(|key| XChaCha20Poly1305::new(key.into()))
}

/// The purpose, and which key it is.
fn associated(purpose: Purpose, id: &str) -> Vec<u8> {
    [purpose.associated().as_slice(), b"\0", id.as_bytes()].concat()
}

#[async_trait]
impl Kek for FileKek {
    async fn wrap(&self, purpose: Purpose, key: &[u8; 32]) -> Result<Wrapped, KekError> {
        // Both of one state of the file: a rotation may destroy the key a moment later.
        let (id, cipher) = {
            let held = self.fresh()?;
            let id = held.1.current().to_owned();
            let cipher = cipher_of(&held.1, &id).ok_or_else(|| KekError::Unknown(id.clone()))?;
            (id, cipher)
        };
        let mut nonce = [0; NONCE];
        rand::rngs::SysRng.try_fill_bytes(&mut nonce).map_err(KekError::Random)?;
        let payload = Payload { msg: key, aad: &associated(purpose, &id) };
        let text = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| KekError::Wrap)?;
        let bytes = [&[FORMAT], nonce.as_slice(), &text].concat();
        Ok(Wrapped { kek: id, text: STANDARD_NO_PAD.encode(bytes) })
    }

    async fn unwrap(&self, purpose: Purpose, wrapped: &Wrapped) -> Result<Zeroizing<[u8; 32]>, KekError> {
        let cipher = self.cipher(&wrapped.kek)?;
        let bytes = STANDARD_NO_PAD.decode(&wrapped.text).map_err(|_| KekError::Unwrap)?;
        let (nonce, text) = match bytes.split_first() {
            Some((&FORMAT, rest)) => rest.split_first_chunk::<NONCE>().ok_or(KekError::Unwrap)?,
            _ => return Err(KekError::Unwrap),
        };
        let payload = Payload { msg: text, aad: &associated(purpose, &wrapped.kek) };
        let opened = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| KekError::Unwrap)?;
        exactly(Zeroizing::new(opened))
    }

    /// A file that was taken away or replaced is noticed before something was wrapped that nobody can open.
    async fn check(&self) -> Result<(), KekError> {
        self.fresh().map(drop)
    }

    async fn current(&self) -> Result<String, KekError> {
        Ok(self.fresh()?.1.current().to_owned())
    }

    async fn held(&self) -> Result<Vec<String>, KekError> {
        Ok(self.fresh()?.1.ids().map(str::to_owned).collect())
    }

    /// Nothing is ever wrapped with a key that is not on disk.
    async fn rotate(&self) -> Result<String, KekError> {
        KeyFile::rotate(&self.path)?;
        Ok(self.fresh()?.1.current().to_owned())
    }

    async fn drop_old(&self, doomed: &[String]) -> Result<Vec<String>, KekError> {
        let (_, dropped) = KeyFile::remove(&self.path, doomed)?;
        drop(self.fresh()?);
        Ok(dropped)
    }
}

fn stamp(path: &Path) -> Result<Stamp, KekError> {
    files::stamp(path).map_err(|error| KekError::Read(path.to_owned(), error))
}

/// The 32 bytes that a key has.
pub(super) fn exactly(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<[u8; 32]>, KekError> {
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(KekError::Unwrap);
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

impl std::fmt::Debug for FileKek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileKek({})", self.path.display())
    }
}
