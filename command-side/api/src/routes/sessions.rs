//! Logging in and out.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::Role;
use platform::{auth::Principal, extract::Json, http::Origin, problem::Problem};

use crate::{
    caller::OptionalKey,
    dto::{LogInRequest, RefreshRequest},
    identity::IdempotencyKey,
    problems,
    reply::{self, TokensDto},
    state::ApiState,
};

/// Log in
///
/// Whether it is the login id or the password that is wrong is not told.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions",
    request_body = LogInRequest,
    responses((status = 201, description = "The session's tokens", body = TokensDto)),
)]
pub(super) async fn log_in(
    State(state): State<ApiState>,
    Origin(from): Origin,
    Json(body): Json<LogInRequest>,
) -> Result<Response, Problem> {
    let (login_id, password) = (body.login_id.into_inner(), body.password.into_inner());
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.log_in(from, login_id, password).await.map_err(problems::of_auth)?;
    Ok(reply::tokens(&tokens))
}

/// Refresh a session
///
/// The refresh token is exchanged for another. One that comes a second time ends the session, for whoever has it: except
/// for the same request sent again within a short grace (60 s by default), with the same `Idempotency-Key`, because its
/// answer was lost. That gets the same tokens again.
#[utoipa::path(
    post, path = "/v1/sessions/refresh", tag = "sessions",
    request_body = RefreshRequest,
    responses((status = 201, description = "The session's next tokens", body = TokensDto)),
)]
pub(super) async fn refresh(
    State(state): State<ApiState>,
    Origin(from): Origin,
    OptionalKey(key): OptionalKey,
    Json(body): Json<RefreshRequest>,
) -> Result<Response, Problem> {
    let token = body.refresh_token.into_inner();
    let key = key.as_ref().map(IdempotencyKey::as_bytes);
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.refresh(from, token, key).await.map_err(problems::of_auth)?;
    Ok(reply::tokens(&tokens))
}

/// Log out
///
/// The session of the token ends; its tokens are refused from now on.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "sessions", security(("bearer" = [])),
    responses((status = 204, description = "The session has ended")),
)]
pub(super) async fn log_out(State(state): State<ApiState>, who: Principal) -> Result<Response, Problem> {
    who.require(&[Role::Member])?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let seen = auth.log_out(who.actor.id, who.session).await.map_err(problems::of_auth)?;
    Ok(reply::with_token(StatusCode::NO_CONTENT.into_response(), seen))
}
