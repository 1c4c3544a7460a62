//! Why a key could not be used, and what to do.

use std::path::PathBuf;

/// Why a key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The machine gave no random bytes.
    #[error("the machine's random source gave nothing")]
    Random(#[source] rand::rngs::SysError),
    /// The key could not be written as PKCS#8.
    #[error("the key cannot be written as PKCS#8")]
    Encode(#[source] ed25519_dalek::pkcs8::Error),
    /// A file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file holds no Ed25519 key.
    #[error("{path} holds no Ed25519 private key in PKCS#8 PEM")]
    NoKey {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: ed25519_dalek::pkcs8::Error,
    },
    /// The file holds no key set.
    #[error("{path} holds no JSON Web Key Set")]
    NoSet {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The servers' key set does not know the key.
    #[error("the key set {path} does not hold the signing key's public half {kid}: servers refuse its tokens")]
    NotInSet {
        /// The key's id.
        kid: String,
        /// The key set.
        path: PathBuf,
    },
    /// A token could not be signed.
    #[error("the token cannot be signed")]
    Sign(#[source] serde_json::Error),
}

impl KeyError {
    /// What to do.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Some("`jangbu keys init` makes the key and the key set where they are missing".into())
            }
            Self::NotInSet { .. } => {
                Some("move the old key set away and run `jangbu keys init`, then restart the servers".into())
            }
            _ => None,
        }
    }
}
