//! The public keys (JSON Web Key Set) that tokens are verified with.

use std::{
    io::{self, Read},
    path::Path,
};

use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};

/// No key set is longer.
const MAX_BYTES: u64 = 1 << 20;

/// A key set as it stands in its file; every other kind of key in it is left out.
#[derive(Debug, Deserialize)]
struct File {
    keys: Vec<serde_json::Value>,
}

/// The public part of an Ed25519 key: what may be shown to everybody. A private part in the file is not carried over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PublicKey {
    kty: String,
    crv: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
}

impl PublicKey {
    fn verifies_signatures(&self) -> bool {
        self.kty == "OKP"
            && self.crv == "Ed25519"
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == "EdDSA" || alg == "Ed25519")
    }
}

/// The keys in force.
pub(super) struct Keys {
    public: Vec<PublicKey>,
    decoding: Vec<(Option<String>, DecodingKey)>,
    /// Counts the sets that were in force in this process.
    pub(super) number: u64,
}

impl Keys {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, KeysError> {
        let file: File = serde_json::from_slice(bytes).map_err(KeysError::Json)?;
        let keys = file.keys.into_iter().filter_map(|key| serde_json::from_value::<PublicKey>(key).ok());
        let public: Vec<_> = keys.filter(PublicKey::verifies_signatures).collect();
        let decoding = public
            .iter()
            .map(|key| Ok((key.kid.clone(), DecodingKey::from_ed_components(&key.x)?)))
            .collect::<Result<Vec<_>, jsonwebtoken::errors::Error>>()
            .map_err(KeysError::Key)?;
        if decoding.is_empty() {
            return Err(KeysError::None);
        }
        Ok(Self { public, decoding, number: 0 })
    }

    /// The set of a process that runs. It was written to be in force: a key that is not valid is left out, so that it
    /// does not keep another from being withdrawn, and an empty set withdraws all.
    pub(super) fn parse_again(bytes: &[u8]) -> Result<Self, KeysError> {
        let file: File = serde_json::from_slice(bytes).map_err(KeysError::Json)?;
        let (mut public, mut decoding) = (Vec::new(), Vec::new());
        for key in file.keys.into_iter().filter_map(|key| serde_json::from_value::<PublicKey>(key).ok()) {
            match DecodingKey::from_ed_components(&key.x) {
                Ok(decoder) if key.verifies_signatures() => {
                    decoding.push((key.kid.clone(), decoder));
                    public.push(key);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, key.id = key.kid, "a key of the set is not valid and is left out"),
            }
        }
        Ok(Self { public, decoding, number: 0 })
    }

    /// The set that follows another one.
    pub(super) fn after(self, before: &Self) -> Self {
        Self { number: before.number + 1, ..self }
    }

    /// The ids of the keys; `none` for one without.
    pub(super) fn ids(&self) -> Vec<String> {
        self.public.iter().map(|key| key.kid.clone().unwrap_or_else(|| "none".to_owned())).collect()
    }

    /// The keys a token with this key id may be signed with. A token without one may be signed with any; a key
    /// without one may have signed any.
    pub(super) fn candidates(&self, kid: Option<&str>) -> impl Iterator<Item = &DecodingKey> {
        let fits = move |own: &Option<String>| kid.is_none() || own.is_none() || own.as_deref() == kid;
        self.decoding.iter().filter(move |(own, _)| fits(own)).map(|(_, key)| key)
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.public == other.public
    }

    /// The set as JSON, public parts only.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!({ "keys": self.public }).to_string()
    }
}

/// The content of the file. A pipe or a device is refused: reading it might never end.
pub(super) fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let refused = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
    if !std::fs::metadata(path)?.is_file() {
        return Err(refused("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(refused("it is longer than 1 MiB")),
        false => Ok(bytes),
    }
}

/// Why a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("the key set {path} cannot be read")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Not a JSON Web Key Set.
    #[error("the file is not a JSON Web Key Set")]
    Json(#[source] serde_json::Error),
    /// A key that is none.
    #[error("a key of the set is not an Ed25519 public key")]
    Key(#[source] jsonwebtoken::errors::Error),
    /// Nothing to verify with.
    #[error("the key set holds no Ed25519 key for signatures")]
    None,
}
