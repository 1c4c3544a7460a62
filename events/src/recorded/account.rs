//! Events on an account's stream and on an account number's stream.

use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, TransferId};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of an account.
    Account(AccountEvent) {
        /// An account came to be.
        Opened(AccountOpened) = 1, opens;
        /// Money left an account.
        Debited(AccountDebited) = 1, on;
        /// Money came to an account.
        Credited(AccountCredited) = 1, on;
        /// An operator froze an account.
        Frozen(AccountFrozen) = 1, on;
        /// An operator unfroze an account.
        Unfrozen(AccountUnfrozen) = 1, on;
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
}

/// An operator froze an account: nothing goes in or out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFrozen {
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The balance then.
    pub balance: Minor,
}

/// An operator lifted the freeze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnfrozen {
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The balance then.
    pub balance: Minor,
}

/// An empty account was closed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClosed {
    /// Why, in the owner's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
