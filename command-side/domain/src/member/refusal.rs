//! Why a member's request is refused.

use chrono::{DateTime, Utc};

/// A rule's no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefusal {
    /// The login id belongs to a member.
    #[error("the login id is taken")]
    LoginIdTaken,
    /// There never was such a sign-up.
    #[error("there is no such sign-up")]
    SignUpUnknown,
    /// There never was such a password reset.
    #[error("there is no such password reset")]
    ResetUnknown,
    /// There is no such member, or not any more.
    #[error("there is no such member")]
    MemberUnknown,
    /// The sign-up was completed, ran out of time, or its contact became a member's.
    #[error("the sign-up is over")]
    SignUpEnded,
    /// The code is worth nothing any more.
    #[error("the code has expired")]
    CodeExpired,
    /// Too many wrong codes.
    #[error("the code was tried too often")]
    CodeExhausted,
    /// No change of contact is under way, or another took the contact.
    #[error("no change of contact is under way")]
    ContactChangeMissing,
    /// A member with open accounts stays.
    #[error("the member has open accounts")]
    AccountsOpen,
    /// A member whose top-up is under way stays until it is over.
    #[error("a top-up of the member is under way")]
    ProcessRunning,
    /// The current password was to be given, and was another.
    #[error("the password is wrong")]
    PasswordWrong,
    /// Another code may be asked for later.
    #[error("another code may be asked for later")]
    TooEarly {
        /// From this instant on.
        until: DateTime<Utc>,
    },
}

impl MemberRefusal {
    /// The public code of a wrong code, which is an event and no refusal.
    pub const CODE_WRONG: &'static str = "code-wrong";

    /// Those that are kept, and answered again for ever under the same key.
    pub const KEPT: [Self; 7] = [
        Self::SignUpEnded,
        Self::CodeExpired,
        Self::CodeExhausted,
        Self::ContactChangeMissing,
        Self::AccountsOpen,
        Self::ProcessRunning,
        Self::PasswordWrong,
    ];

    /// The public code, if the refusal is one to be kept.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::SignUpEnded => Some("signup-ended"),
            Self::CodeExpired => Some("code-expired"),
            Self::CodeExhausted => Some("code-exhausted"),
            Self::ContactChangeMissing => Some("contact-change-missing"),
            Self::AccountsOpen => Some("accounts-open"),
            Self::ProcessRunning => Some("process-running"),
            Self::PasswordWrong => Some("password-wrong"),
            Self::LoginIdTaken
            | Self::SignUpUnknown
            | Self::ResetUnknown
            | Self::MemberUnknown
            | Self::TooEarly { .. } => None,
        }
    }

    /// The refusal that is kept under a code.
    pub fn kept(code: &str) -> Option<Self> {
        Self::KEPT.into_iter().find(|refusal| refusal.code() == Some(code))
    }
}
