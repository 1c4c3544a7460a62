//! The keys that slices are sealed with.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tasks::KeyFile;

use super::Rejected;

/// Keys by their ids. The current one seals; each of them is accepted. They show themselves by id only, and are wiped
/// from memory when dropped.
#[derive(Clone)]
pub struct SliceKeys(pub(super) KeyFile);

impl SliceKeys {
    /// One key, the current one. `secret` comes from the machine's random source.
    pub fn new(id: impl Into<String>, secret: [u8; 32]) -> Self {
        Self(KeyFile::of(id, secret))
    }

    /// The id of the key that seals.
    pub fn current(&self) -> &str {
        self.0.current()
    }

    /// The ids of all keys, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.ids()
    }

    /// Whether both hold the same keys, and seal with the same one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// The current key's id, and its seal of a text that is followed by a body.
    pub(super) fn seal(&self, text: &[u8], body: &[u8]) -> (String, String) {
        let secret = self.0.key(self.current()).unwrap_or(&[0; 32]);
        let tag = mac(secret, text, body).finalize().into_bytes();
        (self.current().to_owned(), URL_SAFE_NO_PAD.encode(tag))
    }

    /// Compares in constant time.
    pub(super) fn verify(&self, key: &str, tag: &str, text: &[u8], body: &[u8]) -> Result<(), Rejected> {
        let secret = self.0.key(key).ok_or(Rejected::UnknownKey)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Rejected::Forged)?;
        mac(secret, text, body).verify_slice(&tag).map_err(|_| Rejected::Forged)
    }
}

fn mac(secret: &[u8; 32], text: &[u8], body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any size");
    mac.update(text);
    mac.update(body);
    mac
}

impl fmt::Debug for SliceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SliceKeys({} of {})", self.current(), self.ids().count())
    }
}
