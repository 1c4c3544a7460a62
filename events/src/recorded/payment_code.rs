//! Events on a payment code's stream. Its id is a keyed hash of the code: without the key, no event tells a code or a part of it.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, HoldId, Minor, TransferId};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of a payment code.
    PaymentCode(PaymentCodeEvent) {
        /// A code was issued.
        Issued(PaymentCodeIssued) = 1, opens;
        /// A code was used.
        Used(PaymentCodeUsed) = 1, on;
    }
}

/// A member was given a code that pays once from an account of theirs. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentCodeIssued {
    /// The account that pays.
    pub source: AccountId,
    /// The asset of the account.
    pub asset: AssetCode,
    /// The most that it pays, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Minor>,
    /// From this time on it pays nothing.
    pub expires_at: DateTime<Utc>,
}

/// What a code was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedFor {
    /// It paid; the transfer is in the same commit.
    Transfer(TransferId),
    /// It held funds; the hold is in the same commit.
    Hold(HoldId),
}

/// A code was used, which happens once. Second and last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentCodeUsed {
    /// For what.
    pub used_for: UsedFor,
}
