//! Deposits and withdrawals: money from outside and to it.

use application::{Command, Deposit, Withdraw};
use axum::{extract::State, response::Response};
use kernel::AccountId;
use platform::{
    extract::{Json, object},
    problem::{Code, Problem},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    body::{Label, MoneyDto, account_id},
    caller::{Caller, OperatorsAndServices},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
    transfers::{TransferDto, moving, respond},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let booking = |handler| moving(Endpoint::new(handler)).by::<OperatorsAndServices>().raises([Code::ReferenceTaken]);
    vec![booking(routes!(deposit)), booking(routes!(withdraw))]
}

/// Money that comes in from outside or goes there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Booking)]
pub(crate) struct BookingRequest {
    /// The account it comes to or goes from.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// The outside's own reference.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reference: Label,
    /// Whether it is refused if you have used the reference before, in a request that asked for the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(default = false)]
    unique_reference: bool,
}

/// Book a deposit
///
/// Money came in from outside, to this account.
#[utoipa::path(
    post, path = "/v1/deposits", tag = "transfers", security(("bearer" = [])),
    request_body = BookingRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn deposit(
    State(state): State<ApiState>,
    caller: Caller<OperatorsAndServices>,
    Json(body): Json<BookingRequest>,
) -> Result<Response, Problem> {
    let command = Command::Deposit(Deposit {
        account: body.account_id,
        money: body.money.known(state.assets())?,
        reference: body.reference.0.clone(),
        unique_reference: body.unique_reference,
    });
    submit(&state, caller, Asked { route: "POST /v1/deposits", id: None, body: &body }, command, respond).await
}

/// Book a withdrawal
///
/// Money goes outside, from this account.
#[utoipa::path(
    post, path = "/v1/withdrawals", tag = "transfers", security(("bearer" = [])),
    request_body = BookingRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn withdraw(
    State(state): State<ApiState>,
    caller: Caller<OperatorsAndServices>,
    Json(body): Json<BookingRequest>,
) -> Result<Response, Problem> {
    let command = Command::Withdraw(Withdraw {
        account: body.account_id,
        money: body.money.known(state.assets())?,
        reference: body.reference.0.clone(),
        unique_reference: body.unique_reference,
    });
    submit(&state, caller, Asked { route: "POST /v1/withdrawals", id: None, body: &body }, command, respond).await
}
