//! Verifying tokens, and remembering the verified ones.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::{Algorithm, Validation};
use kernel::{Clock, SystemClock};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::{
    Principal, Revocations,
    claims::{Accepted, Claims},
    keys::{Keys, KeysError},
    stamp::Stamp,
};

/// No token of ours is longer; a longer one is not worth hashing.
const MAX_TOKEN_BYTES: usize = 4096;
/// Verified tokens kept; about 100 bytes each.
const CACHED_TOKENS: u64 = 100_000;
/// A key taken out of the file stops counting after this time, whatever was verified with it.
const CACHED_FOR: Duration = Duration::from_secs(60);
/// A file that looks unchanged is read for unknown key ids once in this many seconds at most: made-up key ids cost nothing.
const REREAD_SECONDS: i64 = 5;

/// Verifies tokens. Clones share keys and cache.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    keys: RwLock<Arc<Keys>>,
    file: Option<PathBuf>,
    reread: Mutex<(i64, Option<Stamp>)>,
    revocations: Revocations,
    verified: Cache<[u8; 32], Accepted>,
    validation: Validation,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// With the keys of a JSON Web Key Set file, which is read again when a token names a key that is not in it: keys
    /// rotate without a restart.
    pub fn from_jwks_file(path: impl AsRef<Path>) -> Result<Self, KeysError> {
        Self::from_jwks_file_with(path, Arc::new(SystemClock))
    }

    /// The same, with a clock of one's own.
    pub fn from_jwks_file_with(path: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, KeysError> {
        let stamp = Stamp::of(path.as_ref());
        let keys = Keys::read(path.as_ref())?;
        Ok(Self::new(keys, Some(path.as_ref().to_owned()), stamp, clock))
    }

    /// With a fixed key set.
    pub fn from_jwks(json: &str, clock: Arc<dyn Clock>) -> Result<Self, KeysError> {
        Ok(Self::new(Keys::parse(json.as_bytes())?, None, None, clock))
    }

    fn new(keys: Keys, file: Option<PathBuf>, stamp: Option<Stamp>, clock: Arc<dyn Clock>) -> Self {
        // Times are checked against our clock (`Claims::accept`), so that one clock rules all.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self(Arc::new(Inner {
            keys: RwLock::new(Arc::new(keys)),
            file,
            reread: Mutex::new((clock.now().timestamp(), stamp)),
            revocations: Revocations::new(),
            verified: Cache::builder().max_capacity(CACHED_TOKENS).time_to_live(CACHED_FOR).build(),
            validation,
            clock,
        }))
    }

    /// Whose tokens do not count, whatever they say; asked for every token, remembered ones included.
    pub fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    /// Who the token was made for, if it holds.
    pub fn verify(&self, token: &str) -> Result<Principal, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let now = self.0.clock.now().timestamp();
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let accepted = match self.0.verified.get(&digest) {
            Some(known) if known.until > now => known,
            Some(_) => return Err(TokenError::Expired),
            None => {
                let accepted = self.check(token, now)?.accept(now)?;
                self.0.verified.insert(digest, accepted);
                accepted
            }
        };
        match self.0.revocations.refuse(&accepted.principal) {
            true => Err(TokenError::Revoked),
            false => Ok(accepted.principal),
        }
    }

    fn check(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // The token does not choose how it is verified.
        if header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        let kid = header.kid.as_deref();
        match self.check_with(&self.keys(), token, kid) {
            Err(TokenError::Key) if self.reread(now) => self.check_with(&self.keys(), token, kid),
            checked => checked,
        }
    }

    fn check_with(&self, keys: &Keys, token: &str, kid: Option<&str>) -> Result<Claims, TokenError> {
        let mut refused = TokenError::Key;
        for key in keys.candidates(kid) {
            match jsonwebtoken::decode(token, key, &self.0.validation) {
                Ok(token) => return Ok(token.claims),
                Err(error) => refused = TokenError::from(error),
            }
        }
        Err(refused)
    }

    fn keys(&self) -> Arc<Keys> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again if it is another one, or was not read just now; whether the keys are others.
    fn reread(&self, now: i64) -> bool {
        let Some(file) = &self.0.file else { return false };
        // The stamp before the content: what changes in between is read again.
        let stamp = Stamp::of(file);
        let mut last = self.0.reread.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp == last.1 && now < last.0.saturating_add(REREAD_SECONDS) {
            return false;
        }
        *last = (now, stamp);
        match Keys::read(file) {
            Ok(keys) if keys.same_as(&self.keys()) => false,
            Ok(keys) => {
                *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                // A key that is gone takes its tokens with it.
                self.0.verified.invalidate_all();
                tracing::info!("the key set changed");
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the key set cannot be read again; the keys read before stay in force");
                false
            }
        }
    }

    /// The keys in force as a JSON Web Key Set, public parts only.
    pub fn jwks_json(&self) -> String {
        self.reread(self.0.clock.now().timestamp());
        self.keys().to_json()
    }
}

/// Why a token does not hold. For the log: clients are told that it does not, not why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token at all, or its claims are not ours.
    #[error("the token cannot be read")]
    Malformed,
    /// Not EdDSA.
    #[error("the token is not signed with EdDSA")]
    Algorithm,
    /// Signed with a key that is not in the set.
    #[error("the key of the token is not known")]
    Key,
    /// The signature does not fit.
    #[error("the signature of the token does not fit")]
    Signature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token does not hold yet")]
    NotYet,
    /// Its subject or its session was revoked.
    #[error("the token was revoked")]
    Revoked,
}

impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        use jsonwebtoken::errors::ErrorKind;
        match error.kind() {
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::InvalidAlgorithm => Self::Algorithm,
            _ => Self::Malformed,
        }
    }
}
