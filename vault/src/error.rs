//! What can go wrong in the vault.

use std::error::Error;

use crate::KekError;

/// A failure of the vault. It never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The vault's database cannot be reached, or did not answer in time.
    #[error("the vault's database cannot be reached")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The holder of the key-encryption key cannot be reached, or refuses.
    #[error("the key-encryption key cannot be used")]
    Kek(#[source] Box<dyn Error + Send + Sync>),
    /// A wrapped key is damaged, or was wrapped for another member.
    #[error("a wrapped key does not open")]
    Unwrap,
    /// The member was erased, or never was.
    #[error("the vault has nothing of this member")]
    Erased,
    /// A text could not be sealed.
    #[error("a text could not be sealed")]
    Seal,
    /// The machine gave no random bytes.
    #[error("the machine's random source gave nothing")]
    Random(#[source] rand::rngs::SysError),
    /// The vault's database holds what this program does not understand.
    #[error("the vault holds something of another shape")]
    Damaged(#[source] Box<dyn Error + Send + Sync>),
}

/// Why the key-encryption key cannot be used, for those who ask how a server is.
#[derive(Debug, thiserror::Error)]
pub enum KekFault {
    /// Its holder does not answer. It may in a moment.
    #[error("the holder of the key-encryption key does not answer")]
    Away(#[source] KekError),
    /// It is missing, or another one than that with which the vault's keys are wrapped.
    #[error("the key-encryption key does not open the vault: it is missing, or it was replaced")]
    Wrong(#[source] KekError),
}

impl KekFault {
    /// What an error of the key-encryption key means. A holder elsewhere that refuses, or whose token cannot be read, is away: nothing is wrapped with a wrong key then.
    pub(crate) fn of(error: KekError, is_remote: bool) -> Self {
        match error {
            KekError::Unwrap | KekError::Unknown(_) => Self::Wrong(error),
            error if is_remote => Self::Away(error),
            error => Self::Wrong(error),
        }
    }
}

impl VaultError {
    /// What the holder of the key-encryption key said, if it was that.
    pub(crate) fn of_kek(&self) -> Option<&KekError> {
        match self {
            Self::Kek(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<KekError> for VaultError {
    fn from(error: KekError) -> Self {
        match error {
            KekError::Unwrap => Self::Unwrap,
            other => Self::Kek(Box::new(other)),
        }
    }
}
