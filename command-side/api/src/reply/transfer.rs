//! Transfers, as the caller may see them.

use application::{Posting, Refused, TransferAnswer};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, AssetCode, CommandId, Minor, Money, Position, Role, TransferId, Version};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal;
use crate::dto::MoneyDto;

/// A posted transfer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer)]
pub(crate) struct TransferDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    transfer_id: TransferId,
    /// Always `posted` here.
    #[schema(pattern = "^posted$", examples("posted"))]
    status: &'static str,
    /// `transfer`, `deposit`, `withdrawal` or `reversal`.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal)$", examples("transfer"))]
    kind: &'static str,
    /// The account debited; null in a transfer of more than two legs.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    source: Option<AccountId>,
    /// The account credited; null in a transfer of more than two legs.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    destination: Option<AccountId>,
    /// What was moved; null in a transfer of more than two legs.
    #[schema(value_type = Option<MoneyDto>, required)]
    money: Option<Money>,
    /// The payer's words, or the reason of a reversal.
    #[schema(required)]
    memo: Option<&'a str>,
    /// The outside's reference of a deposit or withdrawal.
    #[schema(required)]
    reference: Option<&'a str>,
    /// The transfer that a reversal undoes.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    reverses: Option<TransferId>,
    /// One for each leg, in order: of two the debit first.
    #[schema(min_items = 2)]
    postings: Vec<PostingDto>,
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> TransferDto<'a> {
    pub(super) fn seen_by(actor: Actor, transfer: &'a TransferAnswer) -> Self {
        let (posted, pair) = (&transfer.posted, transfer.posted.legs.pair());
        Self {
            transfer_id: transfer.transfer_id,
            status: "posted",
            kind: posted.kind.as_str(),
            source: pair.map(|pair| pair.source),
            destination: pair.map(|pair| pair.destination),
            money: pair.map(|pair| pair.money),
            memo: posted.memo.as_deref(),
            reference: posted.reference.as_deref(),
            reverses: posted.reverses,
            postings: transfer.postings.iter().map(|posting| PostingDto::seen_by(actor, posting)).collect(),
            position: transfer.position,
            recorded_at: transfer.recorded_at,
        }
    }
}

/// What a leg of a transfer did to its account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
pub(crate) struct PostingDto {
    /// The account.
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: AssetCode,
    /// Minor units; below zero for a debit.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("-12500"))]
    amount: Minor,
    /// The account's balance after it; null if the account is not yours.
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,38}$", required, examples("87500"))]
    balance_after: Option<Minor>,
    /// The account's version after it; null if the account is not yours.
    #[schema(value_type = Option<i64>, minimum = 1, required)]
    version: Option<Version>,
}

impl PostingDto {
    fn seen_by(actor: Actor, posting: &Posting) -> Self {
        let shown = actor.role != Role::Member || posting.owner == Some(actor.id);
        Self {
            account_id: posting.account_id,
            asset: posting.asset,
            amount: posting.amount,
            balance_after: shown.then_some(posting.balance_after),
            version: shown.then_some(posting.version),
        }
    }
}

/// What came of a batch: one result for each transfer, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchResults)]
pub(crate) struct BatchDto<'a> {
    /// One for each transfer.
    #[schema(min_items = 1, max_items = 1000)]
    results: Vec<ResultDto<'a>>,
}

impl<'a> BatchDto<'a> {
    pub(super) fn seen_by(actor: Actor, results: &'a [Result<TransferAnswer, Refused>], command_id: CommandId) -> Self {
        let shown = results.iter().map(|result| match result {
            Ok(transfer) => ResultDto::Posted { transfer: TransferDto::seen_by(actor, transfer) },
            Err(refused) => {
                ResultDto::Rejected { problem: refusal::problem(refused, command_id).to_json(command_id.uuid()) }
            }
        });
        Self { results: shown.collect() }
    }
}

/// What came of one transfer of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schema(as = BatchResult)]
#[allow(clippy::large_enum_variant, reason = "made, written out and dropped")]
pub(crate) enum ResultDto<'a> {
    /// It was posted.
    Posted {
        /// The transfer.
        transfer: TransferDto<'a>,
    },
    /// It was refused.
    Rejected {
        /// Why.
        #[schema(schema_with = problem_ref)]
        problem: serde_json::Value,
    },
}

fn problem_ref() -> utoipa::openapi::Ref {
    utoipa::openapi::Ref::from_schema_name("Problem")
}
