//! Money from outside and to it.

use application::{Command, Deposit, Withdraw};
use axum::{extract::State, response::Response};
use platform::{extract::Json, problem::Problem};

use crate::{
    caller::{Caller, OperatorsAndServices},
    dto::BookingRequest,
    reply::TransferDto,
    state::ApiState,
    submit::{Asked, submit},
};

/// Book a deposit
///
/// Money came in from outside, to this account.
#[utoipa::path(
    post, path = "/v1/deposits", tag = "transfers", security(("bearer" = [])),
    request_body = BookingRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(super) async fn deposit(
    State(state): State<ApiState>,
    caller: Caller<OperatorsAndServices>,
    Json(body): Json<BookingRequest>,
) -> Result<Response, Problem> {
    let command = Command::Deposit(Deposit {
        account: body.account_id,
        money: body.money.known(state.assets())?,
        reference: body.reference.0.clone(),
    });
    submit(&state, caller, Asked { route: "POST /v1/deposits", id: None, body: &body }, command).await
}

/// Book a withdrawal
///
/// Money goes outside, from this account.
#[utoipa::path(
    post, path = "/v1/withdrawals", tag = "transfers", security(("bearer" = [])),
    request_body = BookingRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(super) async fn withdraw(
    State(state): State<ApiState>,
    caller: Caller<OperatorsAndServices>,
    Json(body): Json<BookingRequest>,
) -> Result<Response, Problem> {
    let command = Command::Withdraw(Withdraw {
        account: body.account_id,
        money: body.money.known(state.assets())?,
        reference: body.reference.0.clone(),
    });
    submit(&state, caller, Asked { route: "POST /v1/withdrawals", id: None, body: &body }, command).await
}
