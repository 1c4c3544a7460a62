//! The kinds of streams. All streams share one space of ids, and many ids are public or can be computed, so an id alone
//! says nothing: the events of a stream do.

use std::fmt;

/// What a stream is the history of. The first event decides, and every later event is of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamKind {
    /// An account, of a member or of the system.
    Account,
    /// An account number: which account bears it.
    AccountNumber,
    /// A transfer, posted or rejected.
    Transfer,
    /// A command that is no transfer and was refused.
    RefusedCommand,
    /// A sign-up.
    SignUp,
    /// A reserved login id or contact.
    Reservation,
    /// A member.
    Member,
    /// What a member owns: the stream on which opening an account and leaving meet.
    Owner,
}

impl StreamKind {
    /// The kind in words, for messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::AccountNumber => "account number",
            Self::Transfer => "transfer",
            Self::RefusedCommand => "refused command",
            Self::SignUp => "sign-up",
            Self::Reservation => "name",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for StreamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
