//! Limits: what may be paid in one transfer, a day, a month. The events that set them, and what the events that count write.
//!
//! A window is fixed in the event that counts: when it ends is written there, so that a fold years later counts the same, whatever
//! became of the limit or of the clocks of its zone.

use chrono::{DateTime, Utc};
use kernel::{AssetCode, Minor};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of the limits.
    Limits(LimitsEvent) {
        /// A limit was set, or set anew.
        Set(LimitSet) = 1, on;
        /// A limit was deleted.
        Deleted(LimitDeleted) = 1, on;
    }
}

/// What is paid, as limits tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitedKind {
    /// To another account; also the runs of a standing order.
    Transfer,
    /// To the outside.
    Withdrawal,
    /// Several payments at once; what each account pays of it.
    Compound,
    /// Held: counts when it is held, and not again when it is paid.
    Hold,
    /// With a payment code.
    Charge,
    /// To the bank, for another asset.
    Exchange,
    /// By a payout run.
    Payout,
    /// For an item.
    Trade,
}

/// A limit was set: it counts from now on, and what was set under this name before counts no more. What was used of it is still used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSet {
    /// Its name.
    pub name: String,
    /// Which asset.
    pub asset: AssetCode,
    /// What it counts; at least one, each once.
    pub kinds: Vec<LimitedKind>,
    /// Whether it counts for every member's account, or only for those that it is assigned to.
    pub everyone: bool,
    /// The most that one payment may be, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_transfer: Option<Minor>,
    /// The most in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<Cap>,
    /// The most in a calendar month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<Cap>,
    /// Whose days and months: the name of a time zone of the IANA database, such as `Asia/Seoul`.
    pub zone: String,
}

/// The most within a window: how much, how often, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// How much, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Minor>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// A limit was deleted: it counts no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitDeleted {
    /// Its name.
    pub name: String,
}

/// What a limit is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitWindow {
    /// One payment: nothing is counted.
    Transfer,
    /// From midnight to midnight in the limit's zone.
    Day,
    /// From the first of the month to the first of the next, in the limit's zone.
    Month,
}

impl LimitWindow {
    /// The window as it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// What an account has used of a limit in one window, after the event. Recorded as a list, because every payment that counts writes
/// it for each window: `["everyone", "month", "2026-11-30T15:00:00Z", "412500", 17]`, in the order of the fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "UseRow", into = "UseRow")]
pub struct LimitUse {
    /// The limit.
    pub limit: String,
    /// Day or month.
    pub window: LimitWindow,
    /// From this time on it is over. A window that has begun runs to its end, whatever becomes of the limit.
    pub until: DateTime<Utc>,
    /// How much, in minor units.
    pub amount: Minor,
    /// How often.
    pub count: u32,
}

/// What an event counted for one window of a limit. Recorded as a list, as [`LimitUse`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "UseRow", into = "UseRow")]
pub struct Counted {
    /// The limit.
    pub limit: String,
    /// Day or month.
    pub window: LimitWindow,
    /// When the window ends, which tells it from the others.
    pub until: DateTime<Utc>,
    /// How much, in minor units.
    pub amount: Minor,
    /// How often: 1 for what counts as a payment; 0 for an increase of a hold, and for what a capture takes over from its hold.
    pub count: u32,
}

/// Limit, window, end of the window, amount, count.
type UseRow = (String, LimitWindow, DateTime<Utc>, Minor, u32);

impl From<UseRow> for LimitUse {
    fn from((limit, window, until, amount, count): UseRow) -> Self {
        Self { limit, window, until, amount, count }
    }
}

impl From<LimitUse> for UseRow {
    fn from(used: LimitUse) -> Self {
        (used.limit, used.window, used.until, used.amount, used.count)
    }
}

impl From<UseRow> for Counted {
    fn from((limit, window, until, amount, count): UseRow) -> Self {
        Self { limit, window, until, amount, count }
    }
}

impl From<Counted> for UseRow {
    fn from(counted: Counted) -> Self {
        (counted.limit, counted.window, counted.until, counted.amount, counted.count)
    }
}

/// What of a limit was left for a payment that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitReached {
    /// The limit.
    pub name: String,
    /// Over what it counts.
    pub window: LimitWindow,
    /// What could have been paid, in minor units; none if the limit is on how often, and then no more could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Minor>,
    /// When the window ends; none for one payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<DateTime<Utc>>,
}
