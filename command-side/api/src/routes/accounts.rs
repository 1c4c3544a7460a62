//! Opening, closing, freezing.

use application::{CloseAccount, Command, FreezeAccount, UnfreezeAccount};
use axum::{extract::State, response::Response};
use kernel::AccountId;
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::Problem,
};

use crate::{
    caller::{Caller, Members, Operators},
    dto::{OpenAccountRequest, ReasonRequest, path_id},
    reply::AccountDto,
    state::ApiState,
    submit::{Asked, submit},
};

/// Open an account
///
/// For the token's subject; it holds one asset and begins with nothing.
#[utoipa::path(
    post, path = "/v1/accounts", tag = "accounts", security(("bearer" = [])),
    request_body = OpenAccountRequest,
    responses((status = 201, description = "The account", body = AccountDto)),
)]
pub(super) async fn open_account(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<OpenAccountRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/accounts", id: None, body: &body }, command).await
}

/// Close an account
///
/// By its owner, once it is empty; for good.
#[utoipa::path(
    post, path = "/v1/accounts/{id}/close", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The account", body = AccountDto)),
)]
pub(super) async fn close_account(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    change(state, caller, &id, body, "POST /v1/accounts/{id}/close", |account, reason| {
        Command::CloseAccount(CloseAccount { account, reason })
    })
    .await
}

/// Freeze an account
///
/// From then on nothing goes in or out.
#[utoipa::path(
    post, path = "/v1/accounts/{id}/freeze", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The account", body = AccountDto)),
)]
pub(super) async fn freeze_account(
    State(state): State<ApiState>,
    caller: Caller<Operators>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    change(state, caller, &id, body, "POST /v1/accounts/{id}/freeze", |account, reason| {
        Command::FreezeAccount(FreezeAccount { account, reason })
    })
    .await
}

/// Lift a freeze
#[utoipa::path(
    post, path = "/v1/accounts/{id}/unfreeze", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The account", body = AccountDto)),
)]
pub(super) async fn unfreeze_account(
    State(state): State<ApiState>,
    caller: Caller<Operators>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    change(state, caller, &id, body, "POST /v1/accounts/{id}/unfreeze", |account, reason| {
        Command::UnfreezeAccount(UnfreezeAccount { account, reason })
    })
    .await
}

async fn change<A>(
    state: ApiState,
    caller: Caller<A>,
    id: &str,
    body: ReasonRequest,
    route: &'static str,
    command: impl FnOnce(AccountId, Option<String>) -> Command,
) -> Result<Response, Problem> {
    let id = path_id(id)?;
    let command = command(AccountId::new(id), body.reason());
    submit(&state, caller, Asked { route, id: Some(id), body: &body }, command).await
}
