//! The provider's public keys (RFC 7517, 7518, 8037), and what they verify.
//!
//! The algorithm is that of the key: a token does not choose how it is verified.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// A key set.
#[derive(Debug, Deserialize)]
pub(super) struct ProviderKeys {
    keys: Vec<Key>,
}

/// A key. One of another sort is passed over.
#[derive(Debug, Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    /// RSA with PKCS #1 v1.5 and SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on the curve P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// What came of looking for the key of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It fits.
    Fits,
    /// It does not.
    DoesNotFit,
    /// There is no such key.
    NoKey,
}

impl ProviderKeys {
    /// Whether a signature fits, by the key that the token names, or by any if it names none.
    pub(super) fn verify(&self, algorithm: Algorithm, kid: Option<&str>, message: &[u8], signature: &[u8]) -> Verdict {
        let is_asked = |key: &&Key| kid.is_none_or(|kid| key.kid.as_deref() == Some(kid));
        let mut candidates = self.keys.iter().filter(|key| key.is_for(algorithm)).filter(is_asked).peekable();
        if candidates.peek().is_none() {
            return Verdict::NoKey;
        }
        match candidates.any(|key| key.verifies(algorithm, message, signature)) {
            true => Verdict::Fits,
            false => Verdict::DoesNotFit,
        }
    }
}

impl Key {
    fn is_for(&self, algorithm: Algorithm) -> bool {
        let form = match algorithm {
            Algorithm::Rs256 => ("RSA", None),
            Algorithm::Es256 => ("EC", Some("P-256")),
            Algorithm::EdDsa => ("OKP", Some("Ed25519")),
        };
        (self.kty.as_str(), self.crv.as_deref()) == form && self.usage.as_deref().is_none_or(|usage| usage == "sig")
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let verified = match algorithm {
            Algorithm::Rs256 => part(self.n.as_ref())
                .zip(part(self.e.as_ref()))
                .map(|(n, e)| RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)),
            Algorithm::Es256 => part(self.x.as_ref()).zip(part(self.y.as_ref())).map(|(x, y)| {
                // An uncompressed point (SEC 1, 2.3.3).
                let point = [&[4][..], x.as_slice(), y.as_slice()].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }),
            Algorithm::EdDsa => {
                part(self.x.as_ref()).map(|x| UnparsedPublicKey::new(&ED25519, x).verify(message, signature))
            }
        };
        verified.is_some_and(|verified| verified.is_ok())
    }
}

fn part(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}
