//! The keys that tokens are signed and verified with: one Ed25519 key, and its public half as a JSON Web Key Set.
//!
//! The development set-up calls [`ensure`] too, so that there is one way to make keys.

pub(crate) mod error;
mod file;
mod jwks;
mod rotation;

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signer, SigningKey,
    pkcs8::{
        DecodePrivateKey, EncodePrivateKey, KeypairBytes,
        spki::der::{pem::LineEnding, zeroize::Zeroizing},
    },
};
pub use error::KeyError;
pub use jwks::{Jwk, Jwks};
use rand::TryRng;
pub use rotation::{Rotated, retire, rotate};
use serde::Serialize;
use serde_json::json;

/// The private key.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// A fresh key from the machine's random source.
    pub fn generate() -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; 32]);
        rand::rngs::SysRng.try_fill_bytes(secret.as_mut()).map_err(KeyError::Random)?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Reads a PKCS#8 PEM file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let pem = Zeroizing::new(file::read(path)?);
        let key = SigningKey::from_pkcs8_pem(&pem);
        key.map(Self).map_err(|source| KeyError::NoKey { path: path.to_owned(), source })
    }

    /// The key as PKCS#8 version 1: openssl reads that and not version 2.
    fn bytes(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
    }

    fn pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.bytes().to_pkcs8_pem(LineEnding::LF).map_err(KeyError::Encode)
    }

    /// A JSON Web Token with these claims.
    pub fn sign_token(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = json!({ "typ": "JWT", "alg": "EdDSA", "kid": self.public().kid }).to_string();
        let claims = serde_json::to_vec(claims).map_err(KeyError::Sign)?;
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()).to_bytes());
        Ok(format!("{signed}.{signature}"))
    }

    /// The public half.
    pub fn public(&self) -> Jwk {
        Jwk::new(self.0.verifying_key().as_bytes())
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.public().kid)
    }
}

/// What [`ensure`] found or made.
#[derive(Debug)]
pub struct Ensured {
    /// The public half of the key.
    pub public: Jwk,
    /// Whether the private key was made now.
    pub key_made: bool,
    /// Whether the key set was made now.
    pub jwks_made: bool,
}

/// Makes the private key and its key set where they are missing; never replaces either. Two calls at once end with one
/// key. A key set without the key is an error: the servers would refuse every token.
pub fn ensure(key_file: &Path, jwks_file: &Path) -> Result<Ensured, KeyError> {
    let fresh = PrivateKey::generate()?;
    let key_made = file::create(key_file, fresh.pem()?.as_bytes(), 0o600)?;
    let public = PrivateKey::read(key_file)?.public();
    let jwks = Jwks { keys: vec![public.clone()] };
    let jwks_made = file::create(jwks_file, jwks.to_json().as_bytes(), 0o644)?;
    if !Jwks::read(jwks_file)?.contains(&public) {
        return Err(KeyError::NotInSet { kid: public.kid, path: jwks_file.to_owned() });
    }
    Ok(Ensured { public, key_made, jwks_made })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("jangbu-keys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("create");
        folder
    }

    #[test]
    fn keys_are_made_once_and_kept() {
        let folder = folder("once");
        let (key, jwks) = (folder.join("deep/key.pem"), folder.join("jwks.json"));
        let first = ensure(&key, &jwks).expect("made");
        assert!(first.key_made && first.jwks_made);
        let again = ensure(&key, &jwks).expect("kept");
        assert!(!again.key_made && !again.jwks_made);
        assert_eq!(first.public, again.public);
        std::fs::remove_dir_all(folder).expect("clean");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_private_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("mode");
        let (key, jwks) = (folder.join("key.pem"), folder.join("jwks.json"));
        ensure(&key, &jwks).expect("made");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&key), mode(&jwks)), (0o600, 0o644));
        std::fs::remove_dir_all(folder).expect("clean");
    }

    #[test]
    fn a_key_set_of_another_key_is_reported() {
        let folder = folder("other");
        let (key, jwks) = (folder.join("key.pem"), folder.join("jwks.json"));
        ensure(&key, &jwks).expect("made");
        std::fs::remove_file(&key).expect("remove");
        assert!(matches!(ensure(&key, &jwks), Err(KeyError::NotInSet { .. })));
        std::fs::remove_dir_all(folder).expect("clean");
    }
}
