//! Why a command was refused, and the event of a command that is no transfer.

use kernel::{Minor, TransferId};
use serde::{Deserialize, Serialize};

use super::{decode::Unreadable, event_type::event_types, limit::LimitReached};

event_types! {
    /// An event of a command that is no transfer and was refused.
    RefusedCommand(RefusedCommandEvent) {
        /// The refusal was kept.
        Refused(CommandRefused) = 3, opens, read by CommandRefused::read;
    }
}

/// Why something was refused: the part of the answer that must be the same for ever.
///
/// `remaining` and `taken_by` came with version 2 of the events that hold a refusal, `limit` and `totals` with version 3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The problem code, such as `insufficient-funds`.
    pub code: String,
    /// What could have been spent, for `insufficient-funds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Minor>,
    /// What remains of a hold, for `hold-exceeded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Minor>,
    /// The transfer that has the reference, for `reference-taken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<TransferId>,
    /// What of which limit was left, for `limit-exceeded`; none for the most that one transfer may move here at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Box<LimitReached>>,
    /// What the payout run has, for `control-total-mismatch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<PayoutTotals>,
}

/// What the rows of a payout run come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutTotals {
    /// How many rows it has.
    pub rows: u32,
    /// What they come to, in minor units.
    pub total: Minor,
}

impl Refusal {
    /// A refusal that is only a code.
    pub fn of(code: impl Into<String>) -> Self {
        Self { code: code.into(), ..Self::default() }
    }
}

/// A command that is no transfer was refused. First and only event on the command's own stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRefused {
    /// Why not.
    pub refusal: Refusal,
}

impl CommandRefused {
    /// Reads the payload of every version: what an earlier one has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        match schema_version {
            1..=3 => Ok(serde_json::from_str(payload)?),
            _ => Err(Unreadable::Version),
        }
    }
}
