//! Keyed hashes: reservations without names, codes that are stored nowhere, fingerprints that give no password away.

use hmac::{Hmac, KeyInit, Mac};
use kernel::StreamId;
use sha2::Sha256;
use uuid::Builder;
use zeroize::Zeroizing;

/// Derives from the vault's own secret. Without the vault nobody can test a guess or link two names.
#[derive(Clone)]
pub struct Names(Zeroizing<[u8; 32]>);

impl Names {
    /// With the vault's secret.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// The reservation stream of a login id.
    pub fn login(&self, login_id: &str) -> StreamId {
        self.stream(b"login", &[login_id.as_bytes()])
    }

    /// The reservation stream of a contact in its one spelling; `channel` is `email` or `phone`.
    pub fn contact(&self, channel: &str, value: &str) -> StreamId {
        self.stream(b"contact", &[channel.as_bytes(), value.as_bytes()])
    }

    /// The code of six digits with this serial on this stream: HOTP (RFC 4226) with a key for each stream. So a code is
    /// stored nowhere, not even hashed.
    pub fn code(&self, stream: StreamId, serial: u32) -> Zeroizing<String> {
        six_digits(&self.digest(b"code", &[stream.uuid().as_bytes(), &serial.to_be_bytes()]))
    }

    /// The same for a code that only a reader of this contact's messages can have: a stream that changes its contact may
    /// have had this serial before, in a history that was lost by a restore.
    pub fn code_to(&self, contact: StreamId, stream: StreamId, serial: u32) -> Zeroizing<String> {
        let (contact, stream) = (contact.uuid(), stream.uuid());
        six_digits(&self.digest(b"code to", &[contact.as_bytes(), stream.as_bytes(), &serial.to_be_bytes()]))
    }

    /// What a request asked for, as the log may keep it: nobody without the vault can try passwords against it.
    pub fn fingerprint(&self, canonical: &[u8]) -> [u8; 16] {
        self.half(b"fingerprint", &[canonical])
    }

    /// A key for counting how often something was tried, such as a login id or an address.
    pub fn throttle(&self, kind: &str, value: &str) -> [u8; 16] {
        self.half(b"throttle", &[kind.as_bytes(), value.as_bytes()])
    }

    fn stream(&self, purpose: &[u8], parts: &[&[u8]]) -> StreamId {
        StreamId::new(Builder::from_custom_bytes(self.half(purpose, parts)).into_uuid())
    }

    fn half(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 16] {
        let digest = self.digest(purpose, parts);
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        half
    }

    /// Each part with its length before it, so that no two lists of parts are the same bytes.
    fn digest(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_ref()).expect("HMAC takes keys of any length");
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The dynamic truncation of HOTP.
fn six_digits(digest: &[u8; 32]) -> Zeroizing<String> {
    let offset = usize::from(digest[31] & 0x0f);
    let mut word = [0; 4];
    word.copy_from_slice(&digest[offset..offset + 4]);
    Zeroizing::new(format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000))
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names(..)")
    }
}
