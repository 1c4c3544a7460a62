//! Events of the exchange: rates that somebody set, and quotes that a member was given.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, MemberId, Money, TransferId};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of the rate between two assets.
    Rate(RateEvent) {
        /// A rate was set.
        Set(RateSet) = 1, on;
    }
}

event_types! {
    /// An event of a quote.
    Quote(QuoteEvent) {
        /// A quote was made.
        Made(QuoteMade) = 1, opens;
        /// A quote was used.
        Used(QuoteUsed) = 1, on;
    }
}

/// A rate was set: it counts from now on, instead of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateSet {
    /// What is sold to the bank.
    pub from: AssetCode,
    /// What the bank gives for it.
    pub to: AssetCode,
    /// How many whole units of `to` one whole unit of `from` costs: a decimal number, at most 18 digits after the point.
    pub rate: String,
    /// What the bank keeps of it, in hundredths of a percent.
    pub spread_bps: u32,
    /// From this time on no quote is made with it, and none made with it holds.
    pub expires_at: DateTime<Utc>,
}

/// A quote was made for a member. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteMade {
    /// For whom.
    pub owner: MemberId,
    /// The account that pays.
    pub source: AccountId,
    /// The account that receives.
    pub destination: AccountId,
    /// What is paid.
    pub pay: Money,
    /// What is received.
    pub receive: Money,
    /// How many whole units of the one cost one whole unit of the other, the spread taken off.
    pub rate: String,
    /// From this time on it holds no more.
    pub expires_at: DateTime<Utc>,
}

/// A quote was used, which happens once. Second and last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteUsed {
    /// The transfer; posted in the same commit.
    pub transfer: TransferId,
}
