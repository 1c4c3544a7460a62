//! Events on a hold's stream.
//!
//! An event states what it leaves of the hold, so that an answer and a view need no event before it.

use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, AssetCode, Minor, TransferId};
use serde::{Deserialize, Serialize};

use super::{account::one_or_two, decode::Unreadable, event_type::event_types, limit::Counted};

event_types! {
    /// An event of a hold.
    Hold(HoldEvent) {
        /// Funds of an account were held.
        Placed(HoldPlaced) = 2, opens, read by HoldPlaced::read;
        /// More funds were held.
        Increased(HoldIncreased) = 2, on, read by HoldIncreased::read;
        /// Held funds were paid.
        Captured(HoldCaptured) = 1, on;
        /// Held funds were given back.
        Released(HoldReleased) = 1, on;
        /// The time of the hold was over, and what remained was given back.
        Expired(HoldExpired) = 1, on;
    }
}

/// What has become of the funds of a hold, in minor units. What remains is `amount - captured - released`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldAmounts {
    /// Held in all, with every increase.
    pub amount: Minor,
    /// Paid.
    pub captured: Minor,
    /// Given back.
    pub released: Minor,
}

/// Funds of an account were held. First on the hold's stream; in the same commit as the event of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldPlaced {
    /// Whose funds.
    pub source: AccountId,
    /// The only account that they can be paid to; none if that is said when they are paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<AccountId>,
    /// The asset.
    pub asset: AssetCode,
    /// How much; more than zero.
    pub amount: Minor,
    /// From this time on nothing is paid from it.
    pub expires_at: DateTime<Utc>,
    /// The words of whoever placed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// What whoever placed it calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Who placed it.
    pub placed_by: Actor,
    /// What it counted for limits of the account: what of it is given back, is given back there. New in version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<Counted>,
}

impl HoldPlaced {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// More funds were held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldIncreased {
    /// By how much; more than zero.
    pub by: Minor,
    /// The hold after it.
    pub left: HoldAmounts,
    /// What it counted for limits of the account: what of it is given back, is given back there. New in version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<Counted>,
}

impl HoldIncreased {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// Held funds were paid, by a transfer in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldCaptured {
    /// The transfer that paid them.
    pub transfer: TransferId,
    /// How much was paid; more than zero.
    pub paid: Minor,
    /// Whether nothing more will be paid: what remained was given back.
    pub is_final: bool,
    /// The hold after it.
    pub left: HoldAmounts,
}

/// Held funds were given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReleased {
    /// How much; more than zero.
    pub given_back: Minor,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The hold after it.
    pub left: HoldAmounts,
}

/// The time of a hold was over. What remained was given back; last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldExpired {
    /// How much was given back; more than zero.
    pub given_back: Minor,
    /// The hold after it.
    pub left: HoldAmounts,
}
