//! The key-encryption key: it wraps data keys, and is never where they are.

mod address;
mod file;
mod transit;

use std::{error::Error, path::PathBuf};

use async_trait::async_trait;
use kernel::MemberId;
use zeroize::Zeroizing;

pub use address::{AddressError, KekAddress};
pub use file::FileKek;
pub use tasks::KeyFile;
pub use transit::TransitKek;

/// What a wrapped key is for. It is bound to the key: one that was moved to another row does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A member's data key.
    Member(MemberId),
    /// The secret behind keyed hashes and codes.
    Names,
}

impl Purpose {
    /// The bytes that are bound to the key.
    pub(crate) fn associated(self) -> Vec<u8> {
        match self {
            Self::Member(member) => [b"jangbu/wrapped/member\0".as_slice(), member.uuid().as_bytes()].concat(),
            Self::Names => b"jangbu/wrapped/names\0".to_vec(),
        }
    }
}

/// A wrapped key, as it may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// Which key-encryption key wrapped it.
    pub kek: String,
    /// What came of it.
    pub text: String,
}

/// The port to the holder of the key-encryption key.
#[async_trait]
pub trait Kek: Send + Sync {
    /// Wraps a key with the current key-encryption key.
    async fn wrap(&self, purpose: Purpose, key: &[u8; 32]) -> Result<Wrapped, KekError>;

    /// Opens a wrapped key, with whichever key-encryption key it was wrapped.
    async fn unwrap(&self, purpose: Purpose, wrapped: &Wrapped) -> Result<Zeroizing<[u8; 32]>, KekError>;

    /// Whether its holder is another service, which may be away.
    fn is_remote(&self) -> bool {
        false
    }

    /// Whether it can be asked, without asking for a key. A key file is read again if it has changed.
    async fn check(&self) -> Result<(), KekError> {
        Ok(())
    }

    /// The id of the current key-encryption key.
    async fn current(&self) -> Result<String, KekError>;

    /// The ids of all key-encryption keys that the holder has, the current one included: what any other wrapped never opens.
    async fn held(&self) -> Result<Vec<String>, KekError>;

    /// Makes a new key-encryption key the current one, and returns its id. Older ones still open what they wrapped.
    async fn rotate(&self) -> Result<String, KekError>;

    /// Destroys these older key-encryption keys, never the current one; returns which. What they wrapped never opens again. One
    /// that the holder cannot destroy without another stays: see [`Kek::held`]. What to destroy is named, not what to keep: a
    /// key that was made meanwhile is not touched.
    async fn drop_old(&self, doomed: &[String]) -> Result<Vec<String>, KekError>;
}

/// A failure with the key-encryption key. It never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    /// It was cut or changed, or it was wrapped for another purpose.
    #[error("a wrapped key does not open")]
    Unwrap,
    /// It was wrapped with a key that nobody has.
    #[error("the key-encryption key {0} is not known")]
    Unknown(String),
    /// Something was wrapped with a key that is retired.
    #[error("the key-encryption key that is seen here is retired: the current one is not seen")]
    Retired,
    /// A key could not be wrapped.
    #[error("a key could not be wrapped")]
    Wrap,
    /// A file could not be read.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] std::io::Error),
    /// A file could not be written.
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] std::io::Error),
    /// A file with a secret may be read by others.
    #[error("{0} may be read by others: `chmod 600` it")]
    Open(PathBuf),
    /// The key file holds something else. What, is not said: it may be a key.
    #[error("{0} is not a key file")]
    NotAKeyFile(PathBuf),
    /// The machine gave no random bytes.
    #[error("the machine's random source gave nothing")]
    Random(#[source] rand::rngs::SysError),
    /// The file that should hold the token of the transit engine holds something else.
    #[error("{0} does not hold a token: it is not text")]
    NotAToken(PathBuf),
    /// The transit engine needs a token, and no file was named that holds it.
    #[error("the transit engine needs a token: JANGBU_KEK_TOKEN_FILE is not set")]
    NoToken,
    /// The transit engine cannot be reached, or did not answer in time.
    #[error("the transit engine cannot be reached")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The transit engine answered that it will not.
    #[error("the transit engine refused: HTTP status {0}")]
    Refused(u16),
    /// The transit engine answered what it never should.
    #[error("the transit engine answered with something of another shape")]
    Answer,
}

impl From<tasks::KeyFileError> for KekError {
    fn from(error: tasks::KeyFileError) -> Self {
        match error {
            tasks::KeyFileError::Read(path, source) => Self::Read(path, source),
            tasks::KeyFileError::Write(path, source) => Self::Write(path, source),
            tasks::KeyFileError::Exposed(path) => Self::Open(path),
            tasks::KeyFileError::NotKeys(path) => Self::NotAKeyFile(path),
            tasks::KeyFileError::Random(source) => Self::Random(source),
        }
    }
}
