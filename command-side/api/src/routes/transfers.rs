//! Moving money between accounts.

use application::Command;
use axum::{extract::State, response::Response};
use kernel::TransferId;
use platform::{
    extract::{Json, Path},
    problem::Problem,
};

use crate::{
    caller::{Caller, MembersAndOperators, Operators, OperatorsAndServices},
    dto::{BatchRequest, ReverseRequest, TransferRequest, path_id},
    reply::{BatchDto, TransferDto},
    state::ApiState,
    submit::{Asked, submit},
};

/// Transfer money
///
/// From an account of yours (an operator: from any) to any account of the same asset.
#[utoipa::path(
    post, path = "/v1/transfers", tag = "transfers", security(("bearer" = [])),
    request_body = TransferRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(super) async fn transfer(
    State(state): State<ApiState>,
    caller: Caller<MembersAndOperators>,
    Json(body): Json<TransferRequest>,
) -> Result<Response, Problem> {
    let command = Command::Transfer(body.order(state.assets())?);
    submit(&state, caller, Asked { route: "POST /v1/transfers", id: None, body: &body }, command).await
}

/// Transfer many times
///
/// Up to 1000 transfers in one commit, decided in order. With `atomic`, one refusal refuses all.
#[utoipa::path(
    post, path = "/v1/transfers/batch", tag = "transfers", security(("bearer" = [])),
    request_body = BatchRequest,
    responses((status = 200, description = "One result for each transfer, in order", body = BatchDto)),
)]
pub(super) async fn transfer_batch(
    State(state): State<ApiState>,
    caller: Caller<OperatorsAndServices>,
    Json(body): Json<BatchRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/transfers/batch", id: None, body: &body }, command).await
}

/// Reverse a transfer
///
/// A new transfer, the other way round. Once for each transfer.
#[utoipa::path(
    post, path = "/v1/transfers/{id}/reverse", tag = "transfers", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The transfer to undo")),
    request_body = ReverseRequest,
    responses((status = 201, description = "The reversal", body = TransferDto)),
)]
pub(super) async fn reverse_transfer(
    State(state): State<ApiState>,
    caller: Caller<Operators>,
    Path(id): Path<String>,
    Json(body): Json<ReverseRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = body.command(TransferId::new(id));
    submit(&state, caller, Asked { route: "POST /v1/transfers/{id}/reverse", id: Some(id), body: &body }, command).await
}
