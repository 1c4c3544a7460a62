//! The account: one asset, one holder, a balance that follows from its events.

use events::recorded::{AccountClosed, AccountEvent, AccountFrozen, AccountUnfrozen, Holder};
use kernel::{AssetCode, MemberId, Minor};
use serde::{Deserialize, Serialize};

use crate::{EvolveError, Refusal};

/// What may be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// The shape of [`Account`] in a snapshot and the logic of [`Account::evolve`]: a change of either takes the next number, and
/// older snapshots are ignored.
pub const ACCOUNT_STATE_SCHEMA: i32 = 1;

/// An account as its events left it, and as it stands in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    ///
    /// An event with which a command is answered states all that it leaves behind, but for what never changes. So it can be put on a
    /// later state too, and gives the state that it left: the answer is given again that way, without a fold.
    pub fn evolve(state: Option<Self>, event: &AccountEvent) -> Result<Self, EvolveError> {
        Ok(match (state, event) {
            (None, AccountEvent::Opened(opened)) => {
                Self { holder: opened.holder.clone(), asset: opened.asset, balance: Minor::ZERO, status: Status::Open }
            }
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), AccountEvent::Opened(_)) => return Err(EvolveError::OpenedTwice),
            (Some(account), AccountEvent::Debited(debited)) => Self { balance: debited.balance, ..account },
            (Some(account), AccountEvent::Credited(credited)) => Self { balance: credited.balance, ..account },
            (Some(account), AccountEvent::Frozen(frozen)) => {
                Self { status: Status::Frozen, balance: frozen.balance, ..account }
            }
            (Some(account), AccountEvent::Unfrozen(unfrozen)) => {
                Self { status: Status::Open, balance: unfrozen.balance, ..account }
            }
            (Some(account), AccountEvent::Closed(_)) => {
                Self { status: Status::Closed, balance: Minor::ZERO, ..account }
            }
        })
    }

    /// The member who owns it; none for a system account.
    pub fn owner(&self) -> Option<MemberId> {
        match self.holder {
            Holder::Member { owner, .. } => Some(owner),
            Holder::System { .. } => None,
        }
    }

    /// Whether it may be frozen, and what then happens. The event carries the balance, so that the answer can be given again
    /// without a fold.
    pub fn freeze(&self, reason: Option<String>) -> Result<AccountEvent, Refusal> {
        self.usable()?;
        Ok(AccountFrozen { reason, balance: self.balance }.into())
    }

    /// Whether it may be unfrozen, and what then happens.
    pub fn unfreeze(&self, reason: Option<String>) -> Result<AccountEvent, Refusal> {
        match self.status {
            Status::Frozen => Ok(AccountUnfrozen { reason, balance: self.balance }.into()),
            Status::Open => Err(Refusal::AccountNotFrozen),
            Status::Closed => Err(Refusal::AccountClosed),
        }
    }

    /// Whether it may be closed, and what then happens.
    pub fn close(&self, reason: Option<String>) -> Result<AccountEvent, Refusal> {
        self.usable()?;
        if self.balance != Minor::ZERO {
            return Err(Refusal::AccountNotEmpty);
        }
        Ok(AccountClosed { reason }.into())
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
