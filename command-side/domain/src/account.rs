//! The account: one asset, one holder, a balance that follows from its events.

use contracts::recorded::Holder;
use kernel::{AssetCode, MemberId, Minor, TransferId};

use crate::{EvolveError, Refusal};

/// What may be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything.
    Open,
    /// Nothing until it is unfrozen: no debit, no credit, no closing.
    Frozen,
    /// Nothing, for good.
    Closed,
}

impl Status {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

/// What happened to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountEvent {
    /// It came to be, empty.
    Opened {
        /// Whose.
        holder: Holder,
        /// The one asset it holds.
        asset: AssetCode,
    },
    /// Money left it.
    Debited {
        /// Why.
        transfer: TransferId,
        /// How much; more than zero.
        amount: Minor,
        /// The balance after it.
        balance: Minor,
    },
    /// Money came to it.
    Credited {
        /// Why.
        transfer: TransferId,
        /// How much; more than zero.
        amount: Minor,
        /// The balance after it.
        balance: Minor,
    },
    /// It was frozen.
    Frozen,
    /// It was unfrozen.
    Unfrozen,
    /// It was closed.
    Closed,
}

/// An account as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub holder: Holder,
    /// The one asset it holds.
    pub asset: AssetCode,
    /// What it holds, in minor units.
    pub balance: Minor,
    /// What may be done with it.
    pub status: Status,
}

impl Account {
    /// The state after an event. [`AccountEvent::Opened`] is the first event, and only the first.
    pub fn evolve(state: Option<Self>, event: &AccountEvent) -> Result<Self, EvolveError> {
        if let AccountEvent::Opened { holder, asset } = event {
            let opened = Self { holder: holder.clone(), asset: *asset, balance: Minor::ZERO, status: Status::Open };
            return if state.is_none() { Ok(opened) } else { Err(EvolveError::OpenedTwice) };
        }
        let account = state.ok_or(EvolveError::NotOpened)?;
        Ok(match event {
            AccountEvent::Opened { .. } => return Err(EvolveError::OpenedTwice),
            AccountEvent::Debited { balance, .. } | AccountEvent::Credited { balance, .. } => {
                Self { balance: *balance, ..account }
            }
            AccountEvent::Frozen => Self { status: Status::Frozen, ..account },
            AccountEvent::Unfrozen => Self { status: Status::Open, ..account },
            AccountEvent::Closed => Self { status: Status::Closed, ..account },
        })
    }

    /// The member who owns it; none for a system account.
    pub fn owner(&self) -> Option<MemberId> {
        match self.holder {
            Holder::Member { owner, .. } => Some(owner),
            Holder::System { .. } => None,
        }
    }

    /// Whether it may be frozen, and what then happens.
    pub fn freeze(&self) -> Result<AccountEvent, Refusal> {
        self.usable().map(|()| AccountEvent::Frozen)
    }

    /// Whether it may be unfrozen, and what then happens.
    pub fn unfreeze(&self) -> Result<AccountEvent, Refusal> {
        match self.status {
            Status::Frozen => Ok(AccountEvent::Unfrozen),
            Status::Open => Err(Refusal::AccountNotFrozen),
            Status::Closed => Err(Refusal::AccountClosed),
        }
    }

    /// Whether it may be closed, and what then happens.
    pub fn close(&self) -> Result<AccountEvent, Refusal> {
        self.usable()?;
        if self.balance != Minor::ZERO {
            return Err(Refusal::AccountNotEmpty);
        }
        Ok(AccountEvent::Closed)
    }

    /// Whether money may go in or out at all.
    pub fn usable(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Open => Ok(()),
            Status::Frozen => Err(Refusal::AccountFrozen),
            Status::Closed => Err(Refusal::AccountClosed),
        }
    }

    /// The balance after a signed amount; a member's account never goes below zero.
    pub(crate) fn after(&self, before: Minor, amount: Minor) -> Result<Minor, Refusal> {
        let after = before.plus(amount).map_err(|_| Refusal::AmountOverflow)?;
        match self.holder {
            Holder::Member { .. } if amount.is_negative() && after.is_negative() => {
                Err(Refusal::InsufficientFunds { available: before })
            }
            _ => Ok(after),
        }
    }
}
