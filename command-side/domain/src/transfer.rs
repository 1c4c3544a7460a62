//! The transfer: postings that happen together, or a refusal that is kept.

use kernel::{AccountId, Money, TransferId};

use crate::{EvolveError, Refusal};

/// What kind of movement a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferKind {
    /// Between two members' accounts.
    Transfer,
    /// From the outside to an account.
    Deposit,
    /// From an account to the outside.
    Withdrawal,
    /// Undoes an earlier one.
    Reversal,
}

/// What happened to a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferEvent {
    /// Money moved.
    Posted {
        /// From.
        source: AccountId,
        /// To.
        destination: AccountId,
        /// How much.
        money: Money,
    },
    /// It was refused.
    Rejected,
    /// It was undone.
    Reversed {
        /// By this one.
        by: TransferId,
    },
}

/// A transfer as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Money moved, and may be moved back.
    Posted {
        /// From.
        source: AccountId,
        /// To.
        destination: AccountId,
        /// How much.
        money: Money,
    },
    /// Refused.
    Rejected,
    /// Moved and moved back.
    Reversed,
}

impl Transfer {
    /// The state after an event. A transfer is decided once, and undone once at most.
    pub fn evolve(state: Option<Self>, event: &TransferEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, TransferEvent::Posted { source, destination, money }) => {
                Ok(Self::Posted { source: *source, destination: *destination, money: *money })
            }
            (None, TransferEvent::Rejected) => Ok(Self::Rejected),
            (None, TransferEvent::Reversed { .. }) => Err(EvolveError::NotOpened),
            (Some(Self::Posted { .. }), TransferEvent::Reversed { .. }) => Ok(Self::Reversed),
            (Some(Self::Rejected | Self::Reversed), TransferEvent::Reversed { .. }) => Err(EvolveError::AfterTheLast),
            (Some(_), TransferEvent::Posted { .. } | TransferEvent::Rejected) => Err(EvolveError::OpenedTwice),
        }
    }

    /// Whether it may be undone: gives the accounts of the reversal, the other way round, and the money.
    pub fn reverse(&self) -> Result<(AccountId, AccountId, Money), Refusal> {
        match self {
            Self::Posted { source, destination, money } => Ok((*destination, *source, *money)),
            Self::Rejected => Err(Refusal::TransferNotPosted),
            Self::Reversed => Err(Refusal::AlreadyReversed),
        }
    }
}
