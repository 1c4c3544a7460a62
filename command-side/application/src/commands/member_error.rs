//! Why a member's command has no good answer.

use std::time::Duration;

use domain::member::PasswordError;
use vault::VaultError;

use crate::ExecuteError;

/// Why a command was not carried out. Only [`MemberError::Refused`] is kept, and answered again under the same command id;
/// after any other nothing was written, but for [`ExecuteError::OutcomeUnknown`].
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// The login id belongs to a member.
    #[error("the login id is taken")]
    LoginIdTaken,
    /// The login id that a sign-up would be completed with may be part of its password.
    #[error("the login id may be part of the password")]
    LoginIdInPassword,
    /// The password that a reset would put in force is not good enough.
    #[error("the new password is not good enough")]
    NewPassword(#[source] PasswordError),
    /// No such sign-up.
    #[error("there is no such sign-up")]
    SignUpUnknown,
    /// No such password reset.
    #[error("there is no such password reset")]
    ResetUnknown,
    /// No such member, or not any more.
    #[error("there is no such member")]
    MemberUnknown,
    /// No such device of the member.
    #[error("there is no such device")]
    DeviceUnknown,
    /// A rule refused it; recorded.
    #[error("refused: {code}")]
    Refused {
        /// The public code: `signup-ended`, `code-wrong`, `code-expired`, `code-exhausted`, `contact-change-missing`,
        /// `accounts-open`, `process-running`, `password-wrong`.
        code: &'static str,
        /// How many wrong codes are still allowed, after a wrong one.
        tries_left: Option<u32>,
    },
    /// Another code may be asked for later.
    #[error("another code may be asked for later")]
    ResendTooEarly {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The vault cannot be asked.
    #[error("the vault cannot be reached")]
    VaultUnavailable(#[source] VaultError),
    /// As with any command.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}
