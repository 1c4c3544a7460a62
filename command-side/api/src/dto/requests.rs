//! The bodies, one type for each.

use application::{Command, OpenAccount, Reverse, TransferBatch, TransferOrder};
use kernel::{AccountId, Assets, TransferId};
use platform::{
    extract::{object, objects},
    problem::Problem,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;

use super::{Label, MoneyDto, Note, PayeeRef, ids::account_id, money::known_asset};

/// Opens an account for the token's subject.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAccount)]
pub(crate) struct OpenAccountRequest {
    /// The code of the asset it is to hold.
    #[schema(pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: String,
}

impl OpenAccountRequest {
    pub(crate) fn command(&self, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::OpenAccount(OpenAccount { asset: known_asset(&self.asset, assets)? }))
    }
}

/// Why an account is closed, frozen or unfrozen.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Reason)]
pub(crate) struct ReasonRequest {
    /// In your own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    reason: Option<Note>,
}

impl ReasonRequest {
    pub(crate) fn reason(&self) -> Option<String> {
        self.reason.as_ref().map(|note| note.0.clone())
    }
}

/// Money that comes in from outside or goes there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Booking)]
pub(crate) struct BookingRequest {
    /// The account it comes to or goes from.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    pub(crate) account_id: AccountId,
    /// How much.
    #[serde(deserialize_with = "object")]
    pub(crate) money: MoneyDto,
    /// The outside's own reference.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub(crate) reference: Label,
}

/// Moves money between two accounts of one asset.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TransferRequest)]
pub(crate) struct TransferRequest {
    /// The account it goes from.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The account it goes to: its id, or its number (ten digits and two check digits).
    #[schema(
        value_type = String,
        pattern = "^([0-9]{12}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
        examples("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42", "123456789092"),
    )]
    destination: PayeeRef,
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// The payer's words; both sides see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    memo: Option<Note>,
}

impl TransferRequest {
    pub(crate) fn order(&self, assets: &Assets) -> Result<TransferOrder, Problem> {
        Ok(TransferOrder {
            source: self.source,
            destination: self.destination.0,
            money: self.money.known(assets)?,
            memo: self.memo.as_ref().map(|note| note.0.clone()),
        })
    }
}

/// Many transfers in one request, decided in order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BatchRequest)]
pub(crate) struct BatchRequest {
    /// All or none; else each for itself.
    atomic: bool,
    /// The transfers.
    #[serde(deserialize_with = "transfers")]
    #[schema(min_items = 1, max_items = 1000)]
    transfers: Vec<TransferRequest>,
}

const MOST_TRANSFERS: usize = 1000;

fn transfers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TransferRequest>, D::Error> {
    let transfers: Vec<TransferRequest> = objects(deserializer)?;
    if !(1..=MOST_TRANSFERS).contains(&transfers.len()) {
        return Err(D::Error::custom("a batch has 1 to 1000 transfers"));
    }
    Ok(transfers)
}

impl BatchRequest {
    pub(crate) fn command(&self, assets: &Assets) -> Result<Command, Problem> {
        let orders = self.transfers.iter().enumerate().map(|(index, transfer)| {
            // Which of a thousand it was is worth telling.
            transfer.order(assets).map_err(|problem| {
                problem.field_error(format!("transfers[{index}].money.asset"), "the asset is not known here")
            })
        });
        Ok(Command::TransferBatch(TransferBatch { atomic: self.atomic, orders: orders.collect::<Result<_, _>>()? }))
    }
}

/// Why a transfer is undone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReverseTransfer)]
pub(crate) struct ReverseRequest {
    /// Kept as the memo of the reversal.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    reason: Label,
}

impl ReverseRequest {
    pub(crate) fn command(&self, transfer: TransferId) -> Command {
        Command::Reverse(Reverse { transfer, reason: self.reason.0.clone() })
    }
}
