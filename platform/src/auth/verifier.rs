//! Verifying tokens, and remembering the verified ones.

use std::{path::Path, sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, Validation};
use kernel::{Clock, SystemClock};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::{
    claims::{Accepted, Claims},
    eddsa,
    key_set::KeySet,
    keys::{Keys, KeysError},
    principal::Principal,
    quotas::Quotas,
    revocations::Revocations,
    token_error::TokenError,
};

/// No token of ours is longer; a longer one is not worth hashing.
const MAX_TOKEN_BYTES: usize = 4096;
/// Verified tokens kept; about 100 bytes each.
const CACHED_TOKENS: u64 = 100_000;
/// A token that is not used is forgotten after this time.
const CACHED_FOR: Duration = Duration::from_secs(60);
/// How long a token of a key that is not known waits for a look at the file.
const NEW_KEY_WAIT: Duration = Duration::from_secs(1);

/// Verifies tokens. Clones share keys and cache.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    keys: Arc<KeySet>,
    revocations: Revocations,
    quotas: Quotas,
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
        Ok(Self::new(KeySet::from_file(path.as_ref(), clock.clone())?, clock))
    }

    /// With a fixed key set.
    pub fn from_jwks(json: &str, clock: Arc<dyn Clock>) -> Result<Self, KeysError> {
        Ok(Self::new(KeySet::fixed(Keys::parse(json.as_bytes())?, clock.clone()), clock))
    }

    fn new(keys: KeySet, clock: Arc<dyn Clock>) -> Self {
        eddsa::install();
        // Times are checked against our clock (`Claims::accept`), so that one clock rules all.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self(Arc::new(Inner {
            keys: Arc::new(keys),
            revocations: Revocations::new(),
            quotas: Quotas::default(),
            verified: Cache::builder().max_capacity(CACHED_TOKENS).time_to_live(CACHED_FOR).build(),
            validation,
            clock,
        }))
    }

    /// Whose tokens do not count, whatever they say; asked for every token, remembered ones included.
    pub fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    /// How often partners may ask.
    pub fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    /// Who the token was made for, if it holds.
    pub fn verify(&self, token: &str) -> Result<Principal, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let now = self.0.clock.now().timestamp();
        if self.0.keys.is_outdated(now) {
            return Err(TokenError::Key);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        // A token that was verified with keys of before is verified again: its key may be gone.
        let current = self.0.keys.current();
        let known = self.0.verified.get(&digest).filter(|(number, _)| *number == current);
        let accepted = match known {
            Some((_, known)) if known.until > now => known,
            Some(_) => return Err(TokenError::Expired),
            None => {
                let (number, claims) = self.check(token)?;
                let accepted = claims.accept(now)?;
                self.0.verified.insert(digest, (number, accepted));
                accepted
            }
        };
        match self.0.revocations.refuse(&accepted.principal) {
            true => Err(TokenError::Revoked),
            // A token without a session ends by its own time only, or with its subject.
            false if accepted.principal.session.is_some() && self.0.revocations.are_outdated() => {
                Err(TokenError::Unsure)
            }
            false => Ok(accepted.principal),
        }
    }

    /// Who the token was made for, whether or not it was revoked or has expired. For repeating an answer that was given while it
    /// held, and for nothing else.
    pub fn verify_origin(&self, token: &str) -> Result<Principal, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let now = self.0.clock.now().timestamp();
        if self.0.keys.is_outdated(now) {
            return Err(TokenError::Key);
        }
        let (_, claims) = self.check(token)?;
        let held_at = now.min(claims.exp.saturating_sub(1));
        Ok(claims.accept(held_at)?.principal)
    }

    /// The same, but a token of a key that is not known waits for the next look at the file, without blocking: the first
    /// token of a new key holds.
    pub async fn verify_with_new_keys(&self, token: &str) -> Result<Principal, TokenError> {
        match self.verify(token) {
            Err(TokenError::Key) if self.0.keys.looked_again(NEW_KEY_WAIT).await => self.verify(token),
            verified => verified,
        }
    }

    /// The claims of a token whose signature fits, and the number of the key set it was held against.
    fn check(&self, token: &str) -> Result<(u64, Claims), TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // The token does not choose how it is verified.
        if header.alg != Algorithm::EdDSA || header.crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        let kid = header.kid.as_deref();
        let keys = self.0.keys.keys();
        match self.check_with(&keys, token, kid) {
            Err(TokenError::Key) if self.0.keys.want_look() => {
                let keys = self.0.keys.keys();
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

    /// Keeps the keys as they are in the file, for ever. From then on only this task looks at the file; a token of a key
    /// that is not known wakes it.
    pub async fn follow_keys(self) {
        self.0.keys.clone().follow().await;
    }

    /// An error if no key is in force: the set is empty, or could not be read for too long.
    pub fn check_keys(&self) -> Result<(), String> {
        self.0.keys.check()
    }

    /// Whether tokens of the key with this id are taken.
    pub fn accepts_key(&self, id: &str) -> bool {
        !self.0.keys.is_outdated(self.0.clock.now().timestamp())
            && self.0.keys.keys().candidates(Some(id)).next().is_some()
    }

    /// The same, but a key that is not known waits for the next look at the file, without blocking.
    pub async fn accepts_new_key(&self, id: &str) -> bool {
        self.accepts_key(id)
            || match self.0.keys.looked_again(NEW_KEY_WAIT).await {
                true => self.accepts_key(id),
                // Nobody follows the file.
                false => self.0.keys.want_look() && self.accepts_key(id),
            }
    }

    /// The keys in force as a JSON Web Key Set, public parts only.
    pub fn jwks_json(&self) -> String {
        self.0.keys.want_look();
        self.0.keys.keys().to_json()
    }
}
