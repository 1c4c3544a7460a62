//! Sealing of cookies: XChaCha20-Poly1305, with what the cookie is for as associated data.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::TryRng;
use tasks::{KeyFile, KeyFileError};

const NONCE: usize = 24;

/// Seals with the current key of a file, and opens with each key of it.
pub(crate) struct Seal(KeyFile);

impl Seal {
    pub(crate) fn open_file(path: &Path) -> Result<Self, KeyFileError> {
        KeyFile::read(path).map(Self)
    }

    /// The text as a value that stands in a cookie: `<key id>.<base64 of nonce and sealed text>`. None if the machine gives no random
    /// bytes.
    pub(crate) fn seal(&self, purpose: &str, text: &[u8]) -> Option<String> {
        let id = self.0.current();
        let mut nonce = [0; NONCE];
        rand::rngs::SysRng.try_fill_bytes(&mut nonce).ok()?;
        let payload = Payload { msg: text, aad: &associated(purpose, id) };
        let sealed = cipher(self.0.key(id)?).encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(format!("{id}.{}", URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// The text behind such a value; none if it was changed, sealed for something else or with a key that is gone.
    pub(crate) fn open(&self, purpose: &str, value: &str) -> Option<Vec<u8>> {
        let (id, sealed) = value.rsplit_once('.')?;
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: &associated(purpose, id) };
        cipher(self.0.key(id)?).decrypt(&XNonce::from(*nonce), payload).ok()
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

fn associated(purpose: &str, id: &str) -> Vec<u8> {
    format!("jangbu/console/1\0{purpose}\0{id}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_for_its_purpose_with_its_key_and_as_it_was_sealed() {
        let seal = Seal(KeyFile::of("one", [1; 32]));
        let value = seal.seal("session", b"text").expect("sealed");
        assert_eq!(seal.open("session", &value).as_deref(), Some(b"text".as_slice()));
        assert_eq!(seal.open("oidc", &value), None, "another purpose");
        assert_eq!(Seal(KeyFile::of("one", [2; 32])).open("session", &value), None, "another key");
        assert_eq!(Seal(KeyFile::of("two", [1; 32])).open("session", &value), None, "a key of another name");
        let mut changed = value.clone().into_bytes();
        let last = changed.len() - 5;
        changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
        assert_eq!(seal.open("session", &String::from_utf8(changed).expect("ASCII")), None, "a changed byte");
        for nonsense in ["", ".", "one.", "one.AAAA", "x", "one.\u{fc}"] {
            assert_eq!(seal.open("session", nonsense), None, "{nonsense:?}");
        }
        assert_ne!(value, seal.seal("session", b"text").expect("sealed"), "a nonce of its own");
    }
}
