//! Why the authentication service has no good answer.

use std::{error::Error, time::Duration};

use domain::member::PasswordError;
use kernel::ConsistencyToken;
use vault::{Busy, VaultError};

use crate::{ExecuteError, MemberError};

/// Why something was not done. Nothing was written but for what [`MemberError`] says.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The login id or the password is wrong; the answer does not say which.
    #[error("the login id or the password is wrong")]
    CredentialsWrong,
    /// The refresh token is unknown, was used, or its session is over.
    #[error("the session has ended")]
    SessionEnded,
    /// The access token belongs to no session: it was made by other means.
    #[error("the token belongs to no session")]
    NoSession,
    /// The key of a partner is unknown, has expired or was revoked, or the secret is wrong; the answer does not say which.
    #[error("the key or its secret is wrong")]
    ClientUnknown,
    /// The key of a partner does not allow what is asked for.
    #[error("the key does not allow what is asked for")]
    ScopeNotGranted,
    /// No provider of identities is set.
    #[error("there is no identity provider")]
    NoIdentityProvider,
    /// The provider of identities does not answer, or not as it should.
    #[error("the identity provider cannot be asked")]
    IdentityProviderAway(#[source] Box<dyn Error + Send + Sync>),
    /// The new password is not good enough.
    #[error("the new password is not good enough")]
    NewPassword(#[source] PasswordError),
    /// Tried too often.
    #[error("tried too often")]
    TooMany {
        /// When to try again.
        retry_after: Duration,
        /// So many tries are free.
        tries: u32,
        /// In this time; none if each further try waits longer.
        window: Option<Duration>,
    },
    /// A token could not be made.
    #[error("a token could not be made")]
    Token(#[source] Box<dyn Error + Send + Sync>),
    /// The key that tokens are signed with was withdrawn.
    #[error("tokens cannot be signed now")]
    NoSigningKey,
    /// A rule refused it; recorded, and answered again under the same command id.
    #[error("refused: {code}")]
    Refused {
        /// The public code.
        code: &'static str,
        /// How many wrong codes are still allowed, after a wrong one.
        tries_left: Option<u32>,
        /// Whether it was refused by an earlier request with the same command id.
        replayed: bool,
        /// At least as fresh as the refusal.
        token: ConsistencyToken,
    },
    /// As with any command of a member; never [`MemberError::Refused`].
    #[error(transparent)]
    Member(#[from] MemberError),
}

impl From<Busy> for AuthError {
    fn from(_: Busy) -> Self {
        Self::Member(MemberError::Execute(ExecuteError::Overloaded { retry_after: Duration::from_secs(1) }))
    }
}

impl From<VaultError> for AuthError {
    fn from(error: VaultError) -> Self {
        Self::Member(MemberError::VaultUnavailable(error))
    }
}
