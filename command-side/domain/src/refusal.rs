//! Why a rule refuses a request.

use events::recorded;
use kernel::Minor;

/// A business rule's no. Each has a stable public code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The source does not hold that much.
    #[error("the source account does not hold that much")]
    InsufficientFunds {
        /// What it does hold.
        available: Minor,
    },
    /// An account is frozen.
    #[error("the account is frozen")]
    AccountFrozen,
    /// An account that is not frozen cannot be unfrozen.
    #[error("the account is not frozen")]
    AccountNotFrozen,
    /// An account is closed.
    #[error("the account is closed")]
    AccountClosed,
    /// An account that holds money cannot be closed.
    #[error("the account still holds money")]
    AccountNotEmpty,
    /// The accounts and the money are not of one asset.
    #[error("the accounts and the amount are not of one asset")]
    AssetMismatch,
    /// Only more than nothing can be moved.
    #[error("the amount is not more than zero")]
    AmountNotPositive,
    /// Source and destination are one account.
    #[error("source and destination are the same account")]
    SameAccount,
    /// There is no such account.
    #[error("there is no such account")]
    AccountUnknown,
    /// More than may be moved at once.
    #[error("the amount is above the limit for one transfer")]
    LimitExceeded,
    /// A transfer is undone once.
    #[error("the transfer has been reversed already")]
    AlreadyReversed,
    /// Only what was posted can be undone.
    #[error("the transfer was not posted")]
    TransferNotPosted,
    /// The balance would have more than 38 digits.
    #[error("the balance would have more than 38 digits")]
    AmountOverflow,
    /// A neighbour in an atomic batch was refused.
    #[error("another transfer of the atomic batch was refused")]
    BatchAborted,
}

impl Refusal {
    /// The public code: the same for ever.
    pub fn code(self) -> &'static str {
        match self {
            Self::InsufficientFunds { .. } => "insufficient-funds",
            Self::AccountFrozen => "account-frozen",
            Self::AccountNotFrozen => "account-not-frozen",
            Self::AccountClosed => "account-closed",
            Self::AccountNotEmpty => "account-not-empty",
            Self::AssetMismatch => "asset-mismatch",
            Self::AmountNotPositive => "amount-not-positive",
            Self::SameAccount => "same-account",
            Self::AccountUnknown => "account-unknown",
            Self::LimitExceeded => "limit-exceeded",
            Self::AlreadyReversed => "already-reversed",
            Self::TransferNotPosted => "transfer-not-posted",
            Self::AmountOverflow => "amount-overflow",
            Self::BatchAborted => "batch-aborted",
        }
    }
}

impl From<Refusal> for recorded::Refusal {
    fn from(refusal: Refusal) -> Self {
        let available = match refusal {
            Refusal::InsufficientFunds { available } => Some(available),
            _ => None,
        };
        Self { code: refusal.code().to_owned(), available }
    }
}
