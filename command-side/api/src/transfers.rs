//! Transfers: one, many, and undoing one.

use application::{Command, Outcome, Posting, Refused, Reverse, TransferAnswer, TransferBatch, TransferOrder};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{
    AccountId, Actor, AssetCode, Assets, CommandId, HoldId, ItemId, Minor, Money, OfferId, OrderId, Position,
    TransferId, Version,
};
use platform::{
    extract::{Json, Path, object, objects},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    approval_bodies::PendingDto,
    body::{Label, MoneyDto, Note, PayeeRef, account_id, path_id},
    caller::{Caller, OperatorsAndServices, Payers, Settlers},
    endpoint::Endpoint,
    problems,
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        moving(Endpoint::new(routes!(transfer))).by::<Payers>().raises([Code::AccountNotYours, Code::SameAccount]),
        Endpoint::new(routes!(transfer_batch)).by::<OperatorsAndServices>().raises([Code::AssetUnknown]),
        Endpoint::new(routes!(reverse_transfer)).by::<Settlers>().raises([
            Code::TransferUnknown,
            Code::AlreadyReversed,
            Code::TransferNotPosted,
            Code::InsufficientFunds,
            Code::AccountClosed,
            Code::AmountOverflow,
        ]),
    ]
}

/// What can be wrong with an amount, and with the accounts that it is to move between.
pub(crate) fn moving(endpoint: Endpoint) -> Endpoint {
    endpoint.raises([
        Code::AssetUnknown,
        Code::AccountUnknown,
        Code::AmountNotPositive,
        Code::AssetMismatch,
        Code::AccountFrozen,
        Code::AccountClosed,
        Code::LimitExceeded,
        Code::InsufficientFunds,
        Code::AmountOverflow,
    ])
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
    /// The account it goes to: its id, or its number (ten digits and two check digits; spaces and dashes may stand between).
    #[schema(
        value_type = String,
        pattern = "^([0-9]([ -]?[0-9]){11}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
        examples("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42", "123456789092"),
    )]
    destination: PayeeRef,
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// The payer's words; both sides see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
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
            // The problem says which of the transfers it was.
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
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reason: Label,
}

impl ReverseRequest {
    pub(crate) fn command(&self, transfer: TransferId) -> Command {
        Command::Reverse(Reverse { transfer, reason: self.reason.0.clone() })
    }
}

/// A posted transfer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PostedTransfer)]
pub(crate) struct TransferDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    transfer_id: TransferId,
    /// Always `posted` here.
    #[schema(pattern = "^posted$", examples("posted"))]
    status: &'static str,
    /// `transfer`, `deposit`, `withdrawal`, `reversal`, `compound`, `capture`, `exchange`, `charge` or `trade`.
    #[schema(
        pattern = "^(transfer|deposit|withdrawal|reversal|compound|capture|exchange|charge|trade)$",
        examples("transfer")
    )]
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
    /// What the one who asked calls it: of a deposit or withdrawal the outside's reference.
    #[schema(required)]
    reference: Option<&'a str>,
    /// The transfer that a reversal undoes.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    reverses: Option<TransferId>,
    /// The hold whose funds a capture pays; only there for a capture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, required = false)]
    hold_id: Option<HoldId>,
    /// The item that changed hands; only there for a trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, required = false)]
    item_id: Option<ItemId>,
    /// The offer that was accepted; only there for a trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, required = false)]
    offer_id: Option<OfferId>,
    /// The standing order that asked for it; only there for a run of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, required = false)]
    order_id: Option<OrderId>,
    /// Only there, and true, if it moved money of a frozen account, as a reversal may.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    despite_freeze: bool,
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
    fn seen_by(actor: Actor, transfer: &'a TransferAnswer) -> Self {
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
            hold_id: posted.hold,
            item_id: posted.trade.map(|trade| trade.item),
            offer_id: posted.trade.map(|trade| trade.offer),
            order_id: posted.order,
            despite_freeze: posted.despite_freeze,
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
        let shown = !actor.role.is_customer() || posting.owner == Some(actor.id);
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
    fn seen_by(actor: Actor, results: &'a [Result<TransferAnswer, Refused>], command_id: CommandId) -> Self {
        let shown = results.iter().map(|result| match result {
            Ok(transfer) => ResultDto::Posted { transfer: TransferDto::seen_by(actor, transfer) },
            Err(refused) => {
                ResultDto::Rejected { problem: problems::of_refusal(refused, command_id).to_json(command_id.uuid()) }
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
    let mut problem = utoipa::openapi::Ref::from_schema_name("Problem");
    problem.description = "Why it was refused.".to_owned();
    problem
}

pub(crate) fn respond(outcome: &Outcome, actor: Actor, command_id: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::Posted(transfer) => json(StatusCode::CREATED, &TransferDto::seen_by(actor, transfer)),
        Outcome::Batch(results) => json(StatusCode::OK, &BatchDto::seen_by(actor, results, command_id)),
        _ => return None,
    })
}

/// Transfer money
///
/// From an account of yours (an operator: from any) to any account of the same asset.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "transfers", security(("bearer" = [])),
    request_body = TransferRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn transfer(
    State(state): State<ApiState>,
    caller: Caller<Payers>,
    Json(body): Json<TransferRequest>,
) -> Result<Response, Problem> {
    let command = Command::Transfer(body.order(state.assets())?);
    submit(&state, caller, Asked { route: "POST /v1/transfers", id: None, body: &body }, command, respond).await
}

/// Transfer many times
///
/// Up to 1000 transfers in one commit, decided in order. With `atomic`, one refusal refuses all.
#[utoipa::path(
    post, path = "/v1/transfers/batch", tag = "transfers", security(("bearer" = [])),
    request_body = BatchRequest,
    responses((status = 200, description = "One result for each transfer, in order", body = BatchDto)),
)]
pub(crate) async fn transfer_batch(
    State(state): State<ApiState>,
    caller: Caller<OperatorsAndServices>,
    Json(body): Json<BatchRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/transfers/batch", id: None, body: &body }, command, respond).await
}

/// Reverse a transfer
///
/// A new transfer, the other way round. Once for each transfer. It passes a freeze of the accounts, and says so in `despite_freeze`.
#[utoipa::path(
    post, path = "/v1/transfers/{id}/reverse", tag = "transfers", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The transfer to undo")),
    request_body = ReverseRequest,
    responses(
        (status = 201, description = "The reversal", body = TransferDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn reverse_transfer(
    State(state): State<ApiState>,
    caller: Caller<Settlers>,
    Path(id): Path<String>,
    Json(body): Json<ReverseRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = body.command(TransferId::new(id));
    let caller = caller.saying(Some(&body.reason.0));
    submit(
        &state,
        caller,
        Asked { route: "POST /v1/transfers/{id}/reverse", id: Some(id), body: &body },
        command,
        respond,
    )
    .await
}
