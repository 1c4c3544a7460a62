//! The public keys, as RFC 7517 and RFC 8037 write them.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{KeyError, file};

/// One Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `EdDSA`.
    #[serde(default)]
    pub alg: String,
    /// `sig`.
    #[serde(default, rename = "use")]
    pub usage: String,
    /// The key's id: its RFC 7638 thumbprint.
    pub kid: String,
    /// The key, 32 bytes in base64url.
    pub x: String,
    /// When the last token that was signed with it has run out, in seconds since 1970; none while it signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
}

impl Jwk {
    /// The key of these bytes.
    pub(super) fn new(public: &[u8; 32]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(public);
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            usage: "sig".into(),
            kid: thumbprint(&x),
            x,
            exp: None,
        }
    }
}

/// RFC 7638: SHA-256 over the required members in the order of their names.
fn thumbprint(x: &str) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

/// The keys that a server verifies with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl Jwks {
    /// Reads a key set.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = file::read(path)?;
        serde_json::from_str(&text).map_err(|source| KeyError::NoSet { path: path.to_owned(), source })
    }

    /// Whether a token signed with the private half of `key` is verified by this set.
    pub fn contains(&self, key: &Jwk) -> bool {
        self.keys.iter().any(|k| (&k.kid, &k.x) == (&key.kid, &key.x))
    }

    /// Puts a key into the set of a file, beside those that are there; `false` if it was there.
    pub fn publish(path: &Path, key: Jwk) -> Result<bool, KeyError> {
        let mut set = Self::read(path)?;
        if set.contains(&key) {
            return Ok(false);
        }
        set.keys.push(key);
        file::replace(path, set.to_json().as_bytes(), 0o644).map(|()| true)
    }

    /// Takes a key out of the set of a file; `false` if it was not there.
    pub fn withdraw(path: &Path, kid: &str) -> Result<bool, KeyError> {
        let mut set = Self::read(path)?;
        let before = set.keys.len();
        set.keys.retain(|key| key.kid != kid);
        if set.keys.len() == before {
            return Ok(false);
        }
        file::replace(path, set.to_json().as_bytes(), 0o644).map(|()| true)
    }

    pub(super) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // RFC 8037, appendix A.2 and A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(thumbprint(x), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
