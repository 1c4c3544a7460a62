//! Why a provider identified nobody.

use application::IdentityError;

/// It did not answer, or not as a provider does.
pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> IdentityError {
    IdentityError::Unavailable(Box::new(error))
}

/// It answered, and what was given is not right.
pub(super) fn refused(error: impl std::error::Error + Send + Sync + 'static) -> IdentityError {
    IdentityError::Refused(Box::new(error))
}
