//! A member's data key: XChaCha20-Poly1305 with the place of the text as associated data.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use kernel::{Place, Sealed};
use rand::TryRng;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::VaultError;

/// The format of a sealed text: one byte of this, 24 bytes of nonce, ciphertext and tag.
const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// The key that a member's personal data are sealed with. Wiped from memory when dropped.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A fresh key from the machine's random source.
    pub fn generate() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::rngs::SysRng.try_fill_bytes(bytes.as_mut()).map_err(VaultError::Random)?;
        Ok(Self(bytes))
    }

    /// The key behind these bytes, once they were unwrapped.
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The bytes, to be wrapped.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals a text for one place.
    pub fn seal(&self, place: &Place, text: &SecretString) -> Result<Sealed, VaultError> {
        let mut nonce = [0; NONCE];
        rand::rngs::SysRng.try_fill_bytes(&mut nonce).map_err(VaultError::Random)?;
        let payload = Payload { msg: text.expose_secret().as_bytes(), aad: &associated(place) };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Seal)?;
        let mut bytes = Vec::with_capacity(1 + NONCE + sealed.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(Sealed::new(STANDARD_NO_PAD.encode(bytes)))
    }

    /// Opens a text that stands at this place.
    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<SecretString, OpenError> {
        let bytes = STANDARD_NO_PAD.decode(sealed.as_str()).map_err(|_| OpenError)?;
        let (&format, rest) = bytes.split_first().ok_or(OpenError)?;
        if format != FORMAT {
            return Err(OpenError);
        }
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or(OpenError)?;
        let payload = Payload { msg: text, aad: &associated(place) };
        let opened = Zeroizing::new(self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenError)?);
        let text = std::str::from_utf8(&opened).map_err(|_| OpenError)?;
        Ok(SecretString::from(text))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// A sealed text that does not open here: cut, changed, of another member, or moved from another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed text does not open with this key at this place")]
pub struct OpenError;

/// Stream, version and field, unambiguously: the first two have a fixed length.
fn associated(place: &Place) -> Vec<u8> {
    let mut data = Vec::with_capacity(48);
    data.extend_from_slice(b"jangbu/sealed/1\0");
    data.extend_from_slice(place.stream.uuid().as_bytes());
    data.extend_from_slice(&place.version.number().to_be_bytes());
    data.extend_from_slice(place.field.as_bytes());
    data
}
