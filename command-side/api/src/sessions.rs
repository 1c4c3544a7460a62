//! Sessions: logging in and out.

use application::{AuthError, Tokens};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use platform::{
    auth::Admitted,
    extract::{Json, Path},
    http::Origin,
    problem::{Code, Problem},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::{json, mark_replayed, with_token},
    body::{Secret, path_id},
    caller::{Members, OptionalKey},
    endpoint::Endpoint,
    identity::IdempotencyKey,
    problems,
    state::ApiState,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |handler| Endpoint::new(handler).raises([Code::VaultUnavailable]);
    vec![
        endpoint(routes!(log_in)).public().raises([
            Code::CredentialsWrong,
            Code::TooManyRequests,
            Code::Overloaded,
            Code::SigningKeyWithdrawn,
        ]),
        endpoint(routes!(refresh)).public().raises([
            Code::SessionEnded,
            Code::TooManyRequests,
            Code::IdempotencyKeyMissing,
            Code::SigningKeyWithdrawn,
        ]),
        endpoint(routes!(log_out)).by::<Members>().raises([Code::NotFound]),
        endpoint(routes!(end_own_session)).by::<Members>().raises([Code::ValidationFailed, Code::NotFound]),
    ]
}

/// Who wants to log in. Whatever the texts are, the answer is that they are right or that they are not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LogIn)]
pub(crate) struct LogInRequest {
    /// Your login id.
    #[schema(value_type = String, examples("minji_kim"))]
    login_id: Secret,
    /// Your password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A refresh token, to be exchanged for the next ones.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub(crate) struct RefreshRequest {
    /// The one of the last answer; good once.
    #[schema(value_type = String)]
    refresh_token: Secret,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensDto<'a> {
    /// For `Authorization: Bearer`.
    access_token: &'a str,
    /// For `POST /v1/sessions/refresh`, once.
    refresh_token: &'a str,
    /// Always `Bearer`.
    #[schema(pattern = "^Bearer$", examples("Bearer"))]
    token_type: &'static str,
    /// Seconds the access token is good for.
    #[schema(minimum = 1, examples(600))]
    expires_in: i64,
}

/// The tokens of a session that was begun or refreshed.
fn answer(tokens: &Tokens) -> Response {
    let body = TokensDto {
        access_token: tokens.access.expose_secret(),
        refresh_token: tokens.refresh.expose_secret(),
        token_type: "Bearer",
        expires_in: tokens.expires_in.num_seconds(),
    };
    let mut response = with_token(json(StatusCode::CREATED, &body), tokens.seen);
    if tokens.replayed {
        mark_replayed(&mut response);
    }
    response
}

/// Log in
///
/// Whether it is the login id or the password that is wrong is not said.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions",
    request_body = LogInRequest,
    responses((status = 201, description = "The session's tokens", body = TokensDto)),
)]
pub(crate) async fn log_in(
    State(state): State<ApiState>,
    Origin(from): Origin,
    Json(body): Json<LogInRequest>,
) -> Result<Response, Problem> {
    let (login_id, password) = (body.login_id.into_inner(), body.password.into_inner());
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.log_in(from, login_id, password).await.map_err(problems::of_auth)?;
    Ok(answer(&tokens))
}

/// Refresh a session
///
/// The refresh token is exchanged for another. One that comes a second time ends the session, for every holder of it: except
/// for the same request sent again within a short grace (60 s by default), with the same `Idempotency-Key`, because its
/// answer was lost. That gets the same tokens again.
#[utoipa::path(
    post, path = "/v1/sessions/refresh", tag = "sessions",
    request_body = RefreshRequest,
    responses((status = 201, description = "The session's next tokens", body = TokensDto)),
)]
pub(crate) async fn refresh(
    State(state): State<ApiState>,
    Origin(from): Origin,
    OptionalKey(key): OptionalKey,
    Json(body): Json<RefreshRequest>,
) -> Result<Response, Problem> {
    let token = body.refresh_token.into_inner();
    let key = key.as_ref().map(IdempotencyKey::as_bytes);
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.refresh(from, token, key).await.map_err(problems::of_auth)?;
    Ok(answer(&tokens))
}

/// Log out
///
/// The session of the token ends. This server refuses its tokens at once, all others within a second. A repeated log-out is
/// 401: it was done.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "sessions", security(("bearer" = [])),
    responses((status = 204, description = "The session has ended")),
)]
pub(crate) async fn log_out(State(state): State<ApiState>, who: Admitted<Members>) -> Result<Response, Problem> {
    let who = who.principal;
    let auth = state.auth().map_err(problems::of_auth)?;
    let seen = auth.log_out(who.actor.id, who.session).await.map_err(problems::of_auth)?;
    Ok(with_token(StatusCode::NO_CONTENT.into_response(), seen))
}

/// End a session
///
/// One of your own, such as that of a device that was lost. `GET /v1/members/me/sessions` on the query server shows them. This server
/// refuses its tokens at once, all others within a second. A repeated request is answered in the same way.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = "sessions", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 204, description = "The session has ended")),
)]
pub(crate) async fn end_own_session(
    State(state): State<ApiState>,
    who: Admitted<Members>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let auth = state.auth().map_err(problems::of_auth)?;
    let ended = auth.end_session(who.principal.actor.id, path_id(&id)?).await;
    let seen = ended.map_err(|error| match error {
        AuthError::NoSession => Problem::new(Code::NotFound).detail("you have no such session"),
        other => problems::of_auth(other),
    })?;
    Ok(with_token(StatusCode::NO_CONTENT.into_response(), seen))
}
