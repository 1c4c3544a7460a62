//! Events on a transfer's stream, and on the stream of a command that was refused.

use kernel::{AccountId, AssetCode, Minor, Money, TransferId};
use serde::{Deserialize, Serialize};

use super::{
    decode::Unreadable,
    event_type::event_types,
    legs::{Legs, LegsError},
};

event_types! {
    /// An event of a transfer.
    Transfer(TransferEvent) {
        /// Money moved.
        Posted(TransferPosted) = 2, opens, read by TransferPosted::read;
        /// A transfer was refused, and the refusal kept.
        Rejected(TransferRejected) = 1, opens;
        /// A posted transfer was undone by another.
        Reversed(TransferReversed) = 1, on;
    }
}

event_types! {
    /// An event of a command that is no transfer and was refused.
    RefusedCommand(RefusedCommandEvent) {
        /// The refusal was kept.
        Refused(CommandRefused) = 1, opens;
    }
}

/// What kind of movement a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Between two members' accounts.
    Transfer,
    /// From the outside to an account.
    Deposit,
    /// From an account to the outside.
    Withdrawal,
    /// Undoes an earlier one.
    Reversal,
    /// Several payments that happen together, or not at all.
    Compound,
}

impl TransferKind {
    /// The kind as it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::Reversal => "reversal",
            Self::Compound => "compound",
        }
    }
}

/// What was asked for in a refused transfer. Version 1 of [`TransferPosted`] has the same fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferFacts {
    /// What kind of movement.
    pub kind: TransferKind,
    /// The account debited; none if a refused one named an account that does not exist by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AccountId>,
    /// The account credited; none if a refused one named an account number that does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<AccountId>,
    /// The asset.
    pub asset: AssetCode,
    /// How much, in minor units. Positive in a posted transfer.
    pub amount: Minor,
    /// The payer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// The outside's reference of a deposit or withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The transfer a reversal undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<TransferId>,
}

/// Money moved. First on the transfer's stream; in the same commit as one debit or credit for each leg, in their order.
///
/// Version 2. Version 1 had a source, a destination, an asset and an amount ([`TransferFacts`]) and is read as two legs,
/// the debit first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferPosted {
    /// What kind of movement.
    pub kind: TransferKind,
    /// What it did to which accounts.
    pub legs: Legs,
    /// The payer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// The outside's reference of a deposit or withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The transfer a reversal undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<TransferId>,
}

impl TransferPosted {
    /// Reads the payload of either version.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        match schema_version {
            1 => {
                let facts: TransferFacts = serde_json::from_str(payload)?;
                let (Some(source), Some(destination)) = (facts.source, facts.destination) else {
                    return Err(LegsError::TooFew.into());
                };
                let legs = Legs::between(source, destination, Money { asset: facts.asset, amount: facts.amount });
                let TransferFacts { kind, memo, reference, reverses, .. } = facts;
                Ok(Self { kind, legs, memo, reference, reverses })
            }
            2 => {
                let posted: Self = serde_json::from_str(payload)?;
                posted.legs.check()?;
                Ok(posted)
            }
            _ => Err(Unreadable::Version),
        }
    }
}

/// Why something was refused: the part of the answer that must be the same for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The problem code, such as `insufficient-funds`.
    pub code: String,
    /// What could have been spent, for `insufficient-funds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Minor>,
}

/// A transfer was refused. First and only event on the transfer's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRejected {
    /// What was asked for.
    #[serde(flatten)]
    pub facts: TransferFacts,
    /// Why not.
    pub refusal: Refusal,
}

/// A posted transfer was undone. Second on its stream: there is only one second event, so it happens once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferReversed {
    /// The reversal.
    pub by: TransferId,
}

/// A command that is no transfer was refused. First and only event on the command's own stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRefused {
    /// Why not.
    pub refusal: Refusal,
}
