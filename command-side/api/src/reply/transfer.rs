//! Transfers, as the caller may see them.

use application::{Posting, Refused, TransferAnswer};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, CommandId, Minor, Money, Position, Role, TransferId, Version};
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
    /// The account debited.
    #[schema(value_type = uuid::Uuid)]
    source: Option<AccountId>,
    /// The account credited.
    #[schema(value_type = uuid::Uuid)]
    destination: Option<AccountId>,
    /// What was moved.
    #[schema(value_type = MoneyDto)]
    money: Money,
    /// The payer's words, or the reason of a reversal.
    #[schema(required)]
    memo: Option<&'a str>,
    /// The outside's reference of a deposit or withdrawal.
    #[schema(required)]
    reference: Option<&'a str>,
    /// The transfer that a reversal undoes.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    reverses: Option<TransferId>,
    /// The debit, then the credit.
    #[schema(value_type = Vec<PostingDto>, min_items = 2, max_items = 2)]
    postings: [PostingDto; 2],
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> TransferDto<'a> {
    pub(super) fn seen_by(actor: Actor, transfer: &'a TransferAnswer) -> Self {
        let facts = &transfer.facts;
        Self {
            transfer_id: transfer.transfer_id,
            status: "posted",
            kind: facts.kind.as_str(),
            source: facts.source,
            destination: facts.destination,
            money: Money { asset: facts.asset, amount: facts.amount },
            memo: facts.memo.as_deref(),
            reference: facts.reference.as_deref(),
            reverses: facts.reverses,
            postings: transfer.postings.each_ref().map(|posting| PostingDto::seen_by(actor, posting)),
            position: transfer.position,
            recorded_at: transfer.recorded_at,
        }
    }
}

/// One side of a transfer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
pub(crate) struct PostingDto {
    /// The account.
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// Minor units; below zero for the debit.
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
