//! Events on a transfer's stream.

use kernel::{AccountId, Actor, AssetCode, HoldId, ItemId, Minor, Money, OfferId, OrderId, TransferId};
use serde::{Deserialize, Serialize};

use super::{
    decode::Unreadable,
    event_type::event_types,
    legs::{Legs, LegsError},
    refusal::Refusal,
    transfer_count::{CountedFor, TransferCount},
};

event_types! {
    /// An event of a transfer.
    Transfer(TransferEvent) {
        /// Money moved.
        Posted(TransferPosted) = 4, opens, read by TransferPosted::read;
        /// A transfer was refused, and the refusal kept.
        Rejected(TransferRejected) = 3, opens, read by TransferRejected::read;
        /// A posted transfer was undone by another.
        Reversed(TransferReversed) = 1, on;
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
    /// From funds that were held.
    Capture,
    /// One asset for another, with the bank.
    Exchange,
    /// With a payment code, such as at a till.
    Charge,
    /// Money for an item.
    Trade,
    /// A row of a payout run.
    Payout,
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
            Self::Capture => "capture",
            Self::Exchange => "exchange",
            Self::Charge => "charge",
            Self::Trade => "trade",
            Self::Payout => "payout",
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
/// Version 4. Version 3 counted for no limit, traded no item, and no order asked for it. Version 2 had no hold, and passed no freeze. Version 1 had a source, a destination, an asset and an amount
/// ([`TransferFacts`]) instead of legs and is read as two legs, the debit first.
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
    /// The hold whose funds a capture pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// Whether it moved money of a frozen account, which only a reversal does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub despite_freeze: bool,
    /// The item that changed hands for it, and the offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade: Option<Trade>,
    /// The standing order that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Who opened the payout run that it is of: the process that pays the rows sent the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Actor>,
    /// What it counted for limits: a reversal gives it back there. Of a capture: what its hold counted, as far as it is paid.
    /// [`TransferPosted::counted_for`] reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<TransferCount>,
}

/// What was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// The item.
    pub item: ItemId,
    /// The offer that was accepted.
    pub offer: OfferId,
}

impl TransferPosted {
    /// What it counted for limits, and for which account.
    pub fn counted_for(&self) -> Vec<CountedFor> {
        self.counted.iter().filter_map(|count| count.read(&self.legs)).collect()
    }

    /// Reads the payload of every version.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        match schema_version {
            1 => {
                let facts: TransferFacts = serde_json::from_str(payload)?;
                let (Some(source), Some(destination)) = (facts.source, facts.destination) else {
                    return Err(LegsError::TooFew.into());
                };
                let legs = Legs::between(source, destination, Money { asset: facts.asset, amount: facts.amount });
                let TransferFacts { kind, memo, reference, reverses, .. } = facts;
                Ok(Self {
                    kind,
                    legs,
                    memo,
                    reference,
                    reverses,
                    hold: None,
                    despite_freeze: false,
                    trade: None,
                    order: None,
                    asked_by: None,
                    counted: Vec::new(),
                })
            }
            2..=4 => {
                let posted: Self = serde_json::from_str(payload)?;
                posted.legs.check()?;
                Ok(posted)
            }
            _ => Err(Unreadable::Version),
        }
    }
}

/// A transfer was refused. First and only event on the transfer's stream. Version 3; version 1 and 2 knew fewer facts of a
/// refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferRejected {
    /// What was asked for.
    #[serde(flatten)]
    pub facts: TransferFacts,
    /// Who opened the payout run that it is of: the process that pays the rows sent the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Actor>,
    /// Why not.
    pub refusal: Refusal,
}

impl TransferRejected {
    /// Reads the payload of every version: what an earlier one has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        match schema_version {
            1..=3 => Ok(serde_json::from_str(payload)?),
            _ => Err(Unreadable::Version),
        }
    }
}

/// A posted transfer was undone. Second on its stream: there is only one second event, so it happens once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferReversed {
    /// The reversal.
    pub by: TransferId,
}
