//! Verifying tokens, and remembering the verified ones.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock, TryLockError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
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
/// A token that is not used is forgotten after this time.
const CACHED_FOR: Duration = Duration::from_secs(60);
/// How often it is looked whether the file was replaced or written.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A file that takes longer to be read cannot be read.
const READ_LIMIT: Duration = Duration::from_secs(5);
/// For so many seconds the keys read last stay in force while the file cannot be read. After that no token holds.
const KEPT_SECONDS: i64 = 600;
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
    /// Since when the file cannot be read, in seconds since 1970; 0 if it can.
    failing_since: AtomicI64,
    /// The number of the key set in force.
    current: AtomicU64,
    /// Verified tokens, each with the number of the key set that it was verified with.
    verified: Cache<[u8; 32], (u64, Accepted)>,
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
            failing_since: AtomicI64::new(0),
            current: AtomicU64::new(0),
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
        if self.is_outdated(now) {
            return Err(TokenError::Key);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        // A token that was verified with keys of before is verified again: its key may be gone.
        let current = self.0.current.load(Ordering::Acquire);
        let known = self.0.verified.get(&digest).filter(|(number, _)| *number == current);
        let accepted = match known {
            Some((_, known)) if known.until > now => known,
            Some(_) => return Err(TokenError::Expired),
            None => {
                let (number, claims) = self.check(token, now)?;
                let accepted = claims.accept(now)?;
                self.0.verified.insert(digest, (number, accepted));
                accepted
            }
        };
        match self.0.revocations.refuse(&accepted.principal) {
            true => Err(TokenError::Revoked),
            false => Ok(accepted.principal),
        }
    }

    /// The claims of a token whose signature fits, and the number of the key set it was held against.
    fn check(&self, token: &str, now: i64) -> Result<(u64, Claims), TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // The token does not choose how it is verified.
        if header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        let kid = header.kid.as_deref();
        let keys = self.keys();
        match self.check_with(&keys, token, kid) {
            Err(TokenError::Key) if self.reread(now) => {
                let keys = self.keys();
                Ok((keys.number, self.check_with(&keys, token, kid)?))
            }
            checked => Ok((keys.number, checked?)),
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
        let mut last = match self.0.reread.try_lock() {
            Ok(last) => last,
            Err(TryLockError::Poisoned(last)) => last.into_inner(),
            // Somebody reads it now, perhaps for long.
            Err(TryLockError::WouldBlock) => return false,
        };
        if stamp == last.1 && now < last.0.saturating_add(REREAD_SECONDS) {
            return false;
        }
        *last = (now, stamp);
        let before = self.keys();
        match Keys::read_again(file) {
            Ok(keys) if keys.same_as(&before) => {
                self.0.failing_since.store(0, Ordering::Relaxed);
                false
            }
            Ok(keys) => {
                self.0.failing_since.store(0, Ordering::Relaxed);
                tracing::info!(keys.before = ?before.ids(), keys.now = ?keys.ids(), "the key set changed");
                before.ids().iter().for_each(|id| in_force(id, 0.0));
                keys.ids().iter().for_each(|id| in_force(id, 1.0));
                // A key that is gone takes its tokens with it: they carry the number of the set before.
                let keys = Arc::new(keys.after(&before));
                let number = keys.number;
                *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
                self.0.current.store(number, Ordering::Release);
                true
            }
            Err(error) => {
                self.failed(now, &error);
                false
            }
        }
    }

    fn failed(&self, now: i64, error: &(dyn std::error::Error + 'static)) {
        metrics::counter!("auth_key_set_failures_total").increment(1);
        let first = self.0.failing_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok() {
            tracing::warn!(
                error,
                "the key set cannot be read; the keys read before stay in force for {KEPT_SECONDS} s"
            );
        }
    }

    /// Keeps the keys as they are in the file, for ever. Without this they are only read again when a token names a key
    /// that is not known.
    pub async fn follow_keys(self) {
        metrics::describe_gauge!(
            "auth_key_in_force",
            "1 for each key that tokens are verified with, 0 for one withdrawn"
        );
        metrics::describe_counter!("auth_key_set_failures_total", "how often the key set could not be read");
        self.keys().ids().iter().for_each(|id| in_force(id, 1.0));
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let verifier = self.clone();
            // A file may lie on a network: reading it must not hold up requests.
            let read = tokio::task::spawn_blocking(move || verifier.reread(verifier.0.clock.now().timestamp()));
            match tokio::time::timeout(READ_LIMIT, read).await {
                Ok(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Ok(_) => {}
                Err(late) => self.failed(self.0.clock.now().timestamp(), &late),
            }
        }
    }

    /// An error if no key is in force: the set is empty, or could not be read for too long.
    pub fn check_keys(&self) -> Result<(), String> {
        let Some(file) = &self.0.file else { return Ok(()) };
        if self.is_outdated(self.0.clock.now().timestamp()) {
            return Err(format!(
                "the key set {} could not be read for {KEPT_SECONDS} s: no token holds",
                file.display()
            ));
        }
        match self.keys().ids().is_empty() {
            true => Err(format!("the key set {} holds no Ed25519 key: no token holds", file.display())),
            false => Ok(()),
        }
    }

    /// Whether the keys were read too long ago.
    fn is_outdated(&self, now: i64) -> bool {
        let since = self.0.failing_since.load(Ordering::Relaxed);
        since != 0 && now.saturating_sub(since) > KEPT_SECONDS
    }

    /// The keys in force as a JSON Web Key Set, public parts only.
    pub fn jwks_json(&self) -> String {
        self.reread(self.0.clock.now().timestamp());
        self.keys().to_json()
    }
}

fn in_force(id: &str, value: f64) {
    metrics::gauge!("auth_key_in_force", "kid" => id.to_owned()).set(value);
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
