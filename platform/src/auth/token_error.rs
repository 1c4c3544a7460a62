//! Why a token does not hold.

/// Why a token does not hold. For the log: clients learn that it does not, not why.
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
    #[error("the signature of the token is not valid")]
    Signature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// Its subject or its session was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// It is not known whether its session has ended: the list of revocations was not read for too long.
    #[error("it is not known whether the session of the token has ended")]
    Unsure,
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
