//! Events on an account's stream and on an account number's stream.

use kernel::{AccountId, AccountNumber, AssetCode, HoldId, MemberId, Minor, TransferId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{decode::Unreadable, event_type::event_types, limit::LimitUse};

event_types! {
    /// An event of an account.
    Account(AccountEvent) {
        /// An account came to be.
        Opened(AccountOpened) = 1, opens;
        /// Money left an account.
        Debited(AccountDebited) = 2, on, read by AccountDebited::read;
        /// Money came to an account.
        Credited(AccountCredited) = 2, on, read by AccountCredited::read;
        /// Funds of an account were held.
        FundsHeld(AccountFundsHeld) = 2, on, read by AccountFundsHeld::read;
        /// Held funds of an account are held no more.
        FundsReleased(AccountFundsReleased) = 2, on, read by AccountFundsReleased::read;
        /// An operator set which limits count for an account, beside those for everyone.
        LimitsAssigned(AccountLimitsAssigned) = 1, on;
        /// An operator froze an account.
        Frozen(AccountFrozen) = 2, on, read by AccountFrozen::read;
        /// An operator unfroze an account.
        Unfrozen(AccountUnfrozen) = 2, on, read by AccountUnfrozen::read;
        /// An account was closed.
        Closed(AccountClosed) = 1, on;
    }
}

event_types! {
    /// An event of an account number.
    AccountNumber(AccountNumberEvent) {
        /// An account number was given to an account.
        Assigned(AccountNumberAssigned) = 1, opens;
    }
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Holder {
    /// A member's.
    Member {
        /// The owner.
        owner: MemberId,
        /// What people type to pay to it.
        number: AccountNumber,
    },
    /// The bank's own: it stands for the outside, and may be below zero.
    System {
        /// What it stands for, such as `cash`, and the command server that leases it: `cash/server-0`.
        name: String,
    },
}

/// An account came to be. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOpened {
    /// Whose.
    pub holder: Holder,
    /// The one asset it holds.
    pub asset: AssetCode,
}

/// First and only event on the stream of an account number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNumberAssigned {
    /// The account that bears the number.
    pub account: AccountId,
}

/// Money left an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDebited {
    /// Why; the transfer's own event is in the same commit.
    pub transfer: TransferId,
    /// How much, in minor units; more than zero.
    pub amount: Minor,
    /// The balance after it.
    pub balance: Minor,
    /// What is used of limits after it, of those that it counts for or gives back to. New in version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<LimitUse>,
}

impl AccountDebited {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// Money came to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCredited {
    /// Why; the transfer's own event is in the same commit.
    pub transfer: TransferId,
    /// How much, in minor units; more than zero.
    pub amount: Minor,
    /// The balance after it.
    pub balance: Minor,
    /// What is used of limits after it, of those that it counts for or gives back to. New in version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<LimitUse>,
}

impl AccountCredited {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// Funds of an account were held: they are in its balance, and cannot be spent but by capturing the hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFundsHeld {
    /// For which hold; its own event is in the same commit.
    pub hold: HoldId,
    /// How much, in minor units; more than zero.
    pub amount: Minor,
    /// What is held of the account after it, for all holds.
    pub held: Minor,
    /// What is used of limits after it, of those that it counts for or gives back to. New in version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<LimitUse>,
}

impl AccountFundsHeld {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// Held funds of an account are held no more: they were given back, or they are paid in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFundsReleased {
    /// Of which hold; its own event is in the same commit.
    pub hold: HoldId,
    /// How much, in minor units; more than zero.
    pub amount: Minor,
    /// What is held of the account after it, for all holds.
    pub held: Minor,
    /// What is used of limits after it, of those that it counts for or gives back to. New in version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<LimitUse>,
}

impl AccountFundsReleased {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// An operator set which limits count for an account, beside those for everyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLimitsAssigned {
    /// The names of the limits, each once; what was assigned before counts no more.
    pub limits: Vec<String>,
}

/// A payload whose version 2 only added what may be left out.
pub(super) fn one_or_two<T: DeserializeOwned>(schema_version: i16, payload: &str) -> Result<T, Unreadable> {
    match schema_version {
        1 | 2 => Ok(serde_json::from_str(payload)?),
        _ => Err(Unreadable::Version),
    }
}

/// What a freeze stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreezeScope {
    /// Nothing goes in or out.
    #[default]
    All,
    /// Nothing goes out.
    Debits,
}

impl FreezeScope {
    /// The scope as it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Debits => "debits",
        }
    }
}

/// An operator froze an account, or changed what its freeze stops. Version 2; version 1 had no
/// scope and stopped everything, and nothing was held then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFrozen {
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The balance then.
    pub balance: Minor,
    /// What is held of it then.
    pub held: Minor,
    /// What the freeze stops.
    pub scope: FreezeScope,
}

/// Version 1 of [`AccountFrozen`] and of [`AccountUnfrozen`].
#[derive(Deserialize)]
struct FreezeChanged {
    #[serde(default)]
    reason: Option<String>,
    balance: Minor,
}

impl AccountFrozen {
    /// Reads the payload of either version.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        match schema_version {
            1 => {
                let FreezeChanged { reason, balance } = serde_json::from_str(payload)?;
                Ok(Self { reason, balance, held: Minor::ZERO, scope: FreezeScope::All })
            }
            2 => Ok(serde_json::from_str(payload)?),
            _ => Err(Unreadable::Version),
        }
    }
}

/// An operator lifted the freeze. Version 2; in version 1 nothing was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnfrozen {
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The balance then.
    pub balance: Minor,
    /// What is held of it then.
    pub held: Minor,
}

impl AccountUnfrozen {
    /// Reads the payload of either version.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        match schema_version {
            1 => {
                let FreezeChanged { reason, balance } = serde_json::from_str(payload)?;
                Ok(Self { reason, balance, held: Minor::ZERO })
            }
            2 => Ok(serde_json::from_str(payload)?),
            _ => Err(Unreadable::Version),
        }
    }
}

/// An empty account was closed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClosed {
    /// Why, in the owner's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
