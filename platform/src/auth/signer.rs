//! Signing tokens with the private key in a file, which may be replaced while the server runs.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signer as _, SigningKey,
    pkcs8::{DecodePrivateKey, spki::der::zeroize::Zeroizing},
};
use kernel::Role;
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::{Principal, claims::Claims, look_schedule::LookSchedule, stamp::Stamp};

/// Signs tokens. Clones share the key.
#[derive(Clone)]
pub struct Signer(Arc<Inner>);

struct Inner {
    file: PathBuf,
    key: Mutex<(Option<Stamp>, Arc<Key>)>,
    schedule: LookSchedule,
}

/// A key with the header that names it.
struct Key {
    id: String,
    /// As it stands in a token.
    header: String,
    signing: SigningKey,
}

impl Signer {
    /// With the Ed25519 key of a PKCS#8 PEM file. A key that replaces it is used from the next token on, or, when the
    /// file is followed, after the next look at it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SignerError> {
        let file = path.as_ref().to_owned();
        // The stamp before the content: what changes in between is read again.
        let stamp = Stamp::of(&file).ok();
        let key = Arc::new(Key::read(&file)?);
        Ok(Self(Arc::new(Inner { file, key: Mutex::new((stamp, key)), schedule: LookSchedule::new() })))
    }

    /// A token for this principal, good from one time until another, both in seconds since 1970.
    pub fn sign(&self, principal: &Principal, from: i64, until: i64) -> Result<SecretString, SignerError> {
        let key = self.key();
        let is_partner = principal.actor.role == Role::Partner;
        let claims = Claims {
            sub: principal.actor.id.uuid(),
            role: principal.actor.role,
            sid: principal.session.filter(|_| !is_partner),
            op: principal.operator,
            key: principal.session.filter(|_| is_partner),
            scope: is_partner.then(|| principal.scopes.to_string()),
            exp: until,
            nbf: None,
            iat: Some(from),
        };
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).map_err(SignerError::Sign)?);
        let signed = format!("{}.{claims}", key.header);
        let signature = URL_SAFE_NO_PAD.encode(key.signing.sign(signed.as_bytes()).to_bytes());
        Ok(SecretString::from(format!("{signed}.{signature}")))
    }

    /// The id of the key that signs now.
    pub fn key_id(&self) -> String {
        self.key().id.clone()
    }

    /// Keeps the key as it is in the file, for ever. From then on no request looks at the file: it may lie on a file system
    /// that does not answer.
    pub async fn follow(self) {
        let schedule = &self.0.schedule;
        let mut ticks = schedule.follow();
        loop {
            schedule.due(&mut ticks).await;
            let number = schedule.begin();
            let (signer, (done, ended)) = (self.clone(), oneshot::channel());
            // Not a thread of the runtime: that would wait for it at its end.
            let look = move || {
                signer.look();
                // The receiver is gone only when the server ends.
                let _ = done.send(());
            };
            match std::thread::Builder::new().name("signing-key".to_owned()).spawn(look) {
                // One look at a time: one that hangs holds up none but this task.
                Ok(_) => drop(ended.await),
                Err(error) => tracing::warn!(%error, "no thread can be started to look at the signing key"),
            }
            schedule.end(number).await;
        }
    }

    /// Waits until a look at the file that begins after this call has ended, for this long at most. Not blocking; nothing to
    /// wait for unless the file is followed.
    pub async fn look_again(&self, limit: Duration) {
        if self.0.schedule.is_followed() && !self.0.schedule.next(limit).await {
            tracing::warn!("the file of the signing key does not answer; the key read before stays in use");
        }
    }

    fn key(&self) -> Arc<Key> {
        if !self.0.schedule.is_followed() {
            self.look();
        }
        self.kept().1.clone()
    }

    /// Reads the key in the file if it is another one. A file that cannot be read leaves the old key in force: its tokens
    /// hold as before. No lock is held meanwhile.
    fn look(&self) {
        let stamp = Stamp::of(&self.0.file).ok();
        if stamp == self.kept().0 {
            return;
        }
        let read = Key::read(&self.0.file);
        let mut kept = self.kept();
        kept.0 = stamp;
        match read {
            Ok(key) => {
                tracing::info!(key.id = key.id, "the signing key changed");
                kept.1 = Arc::new(key);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the signing key cannot be read again; the earlier key stays in use");
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, (Option<Stamp>, Arc<Key>)> {
        self.0.key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.0.file.display())
    }
}

impl Key {
    fn read(path: &Path) -> Result<Self, SignerError> {
        let shown = || path.display().to_string();
        let pem = std::fs::read_to_string(path).map_err(|source| SignerError::Read { path: shown(), source })?;
        let pem = Zeroizing::new(pem);
        let signing = SigningKey::from_pkcs8_pem(&pem).map_err(|source| SignerError::Key { path: shown(), source })?;
        let id = thumbprint(&URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes()));
        let header = URL_SAFE_NO_PAD.encode(json!({ "typ": "JWT", "alg": "EdDSA", "kid": id }).to_string());
        Ok(Self { id, header, signing })
    }
}

/// The name of a public key, given in base64url: the digest of its required members in the order of their names
/// (RFC 7638).
pub fn thumbprint(x: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

/// Why no token can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The file cannot be read.
    #[error("the signing key {path} cannot be read")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no key.
    #[error("{path} holds no Ed25519 private key in PKCS#8 PEM")]
    Key {
        /// Which file.
        path: String,
        /// Why.
        source: ed25519_dalek::pkcs8::Error,
    },
    /// The token could not be made.
    #[error("the token cannot be signed")]
    Sign(#[source] serde_json::Error),
}
