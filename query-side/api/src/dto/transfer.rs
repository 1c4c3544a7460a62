//! Transfers: the shape the command side answers with, and what became of them.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, Minor, TransferId, Version};
use reads::TransferStatus;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An amount of one asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Money {
    /// What is counted.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// How many minor units of it.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub amount: Minor,
}

/// A transfer, posted or rejected.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transfer {
    /// Which.
    pub transfer_id: Uuid,
    /// What became of it.
    #[schema(value_type = String, pattern = "^(posted|rejected)$")]
    pub status: &'static str,
    /// Why it was rejected, a problem code; left out of a posted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What could have been spent; only where it was rejected for `insufficient-funds` and the source is yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,38}$")]
    pub available: Option<Minor>,
    /// What kind of movement.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal)$")]
    pub kind: String,
    /// The account debited; null if a rejected one named none that exists, and in a transfer of more than two legs.
    #[schema(required)]
    pub source: Option<Uuid>,
    /// The account credited; null if a rejected one named none that exists, and in a transfer of more than two legs.
    #[schema(required)]
    pub destination: Option<Uuid>,
    /// What was moved; null in a transfer of more than two legs.
    #[schema(required)]
    pub money: Option<Money>,
    /// The payer's words.
    #[schema(required)]
    pub memo: Option<String>,
    /// The outside's reference of a deposit or withdrawal.
    #[schema(required)]
    pub reference: Option<String>,
    /// The transfer this one undoes.
    #[schema(required)]
    pub reverses: Option<Uuid>,
    /// The transfer that undid this one.
    #[schema(required)]
    pub reversed_by: Option<Uuid>,
    /// One for each leg, in order: of two the debit first. None if it was rejected.
    pub postings: Vec<Posting>,
    /// The position of its last event.
    #[schema(minimum = 1)]
    pub position: i64,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// One leg of a posted transfer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Posting {
    /// The account.
    pub account_id: Uuid,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// How much, in minor units; negative is a debit.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub amount: Minor,
    /// The balance after it; null if the account is not yours.
    #[schema(value_type = Option<String>, required, pattern = "^-?[0-9]{1,38}$")]
    pub balance_after: Option<Minor>,
    /// The version of the account after it; null if the account is not yours.
    #[schema(required)]
    pub version: Option<i64>,
}

impl From<reads::Posting> for Posting {
    fn from(posting: reads::Posting) -> Self {
        Self {
            account_id: posting.account_id.uuid(),
            asset: posting.asset,
            amount: posting.amount,
            balance_after: posting.balance_after,
            version: posting.version.map(Version::number),
        }
    }
}

impl From<reads::Transfer> for Transfer {
    fn from(transfer: reads::Transfer) -> Self {
        let (status, postings, code, available) = match transfer.status {
            TransferStatus::Posted(postings) => {
                ("posted", postings.into_iter().map(Posting::from).collect(), None, None)
            }
            TransferStatus::Rejected { code, available } => ("rejected", Vec::new(), Some(code), available),
        };
        Self {
            transfer_id: transfer.transfer_id.uuid(),
            status,
            code,
            available,
            kind: transfer.kind,
            source: transfer.source.map(AccountId::uuid),
            destination: transfer.destination.map(AccountId::uuid),
            money: transfer.money.map(|kernel::Money { asset, amount }| Money { asset, amount }),
            memo: transfer.memo,
            reference: transfer.reference,
            reverses: transfer.reverses.map(TransferId::uuid),
            reversed_by: transfer.reversed_by.map(TransferId::uuid),
            postings,
            position: transfer.position.number(),
            recorded_at: transfer.recorded_at,
        }
    }
}
