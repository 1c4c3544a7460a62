//! The provider's token: who somebody is (OpenID Connect Core, sections 2 and 3.1.3.7).

use application::Identity;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::keys::{Algorithm, ProviderKeys, Verdict};

/// No token is longer.
const LONGEST: usize = 16 * 1024;
/// How far the clocks of the provider and of this machine may be apart, in seconds.
const SKEW: i64 = 30;

/// A token, taken apart. Nothing of it counts before its signature was looked at.
pub(super) struct IdToken {
    algorithm: Algorithm,
    kid: Option<String>,
    message: Vec<u8>,
    signature: Vec<u8>,
    claims: Claims,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What a token has to say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) name_claim: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// Why a token counts for nothing. For the log; the client learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    #[error("the token cannot be read, or is signed in a way that is not taken")]
    Malformed,
    #[error("the key of the token is none of the provider's")]
    Key,
    #[error("the signature of the token does not fit")]
    Signature,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another client")]
    Audience,
    #[error("the token has expired, or is of the future")]
    Time,
    #[error("the token belongs to another log-in")]
    Nonce,
    #[error("the token names nobody")]
    Name,
}

impl IdToken {
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        if text.len() > LONGEST {
            return Err(Wrong::Malformed);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Wrong::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Wrong::Malformed)?;
        let header: Header = part(header)?;
        // What is critical there is not known here (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(Wrong::Malformed);
        }
        Ok(Self {
            algorithm: header.alg,
            kid: header.kid,
            claims: part(claims)?,
            message: message.as_bytes().to_vec(),
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| Wrong::Malformed)?,
        })
    }

    /// Who it is about, if everything fits.
    pub(super) fn identity(&self, keys: &ProviderKeys, expected: &Expected<'_>) -> Result<Identity, Wrong> {
        match keys.verify(self.algorithm, self.kid.as_deref(), &self.message, &self.signature) {
            Verdict::Fits => self.claims.identity(expected),
            Verdict::DoesNotFit => Err(Wrong::Signature),
            Verdict::NoKey => Err(Wrong::Key),
        }
    }
}

impl Claims {
    fn identity(&self, expected: &Expected<'_>) -> Result<Identity, Wrong> {
        let require = |holds: bool, otherwise: Wrong| if holds { Ok(()) } else { Err(otherwise) };
        require(self.iss == expected.issuer, Wrong::Issuer)?;
        let (is_for_us, is_for_others) = match &self.aud {
            Audience::One(audience) => (audience == expected.client_id, false),
            Audience::Many(all) => (all.iter().any(|one| one == expected.client_id), all.len() > 1),
        };
        let is_ours = match &self.azp {
            Some(party) => party == expected.client_id,
            None => !is_for_others,
        };
        require(is_for_us && is_ours, Wrong::Audience)?;
        let is_begun = |at: i64| at <= expected.now + SKEW;
        let is_current = self.exp > expected.now - SKEW && is_begun(self.iat) && self.nbf.is_none_or(is_begun);
        require(is_current, Wrong::Time)?;
        require(self.nonce.as_deref() == Some(expected.nonce) && !expected.nonce.is_empty(), Wrong::Nonce)?;
        let name = match expected.name_claim {
            "sub" => Some(self.sub.as_str()),
            claim => self.others.get(claim).and_then(Value::as_str),
        };
        match name {
            Some(name) if !name.is_empty() && (1..=255).contains(&self.sub.len()) => {
                Ok(Identity { subject: self.sub.clone(), name: name.to_owned() })
            }
            Some(_) | None => Err(Wrong::Name),
        }
    }
}

/// A part of the token, from Base64 and JSON.
fn part<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Wrong::Malformed)
}
