//! Sessions of operators: log-in with password and one-time code or by a provider of identities, what they see of their sessions, and their end.
//! They are not in the log.

use application::{
    AuthError, CodeGrant, Command, EndOperatorSession, OperatorLogIn, OperatorPassword, Outcome, ProviderFacts,
};
use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::{OperatorId, OperatorRole};
use platform::{
    auth::{Admitted, Principal},
    extract::{Json, Path},
    http::Origin,
    problem::{Code, Problem},
};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::{json, with_token},
    body::path_id,
    caller::{Admins, Caller, Viewers},
    endpoint::Endpoint,
    operator_bodies::{
        LogInRequest, MeDto, PasswordRequest, ProviderDto, ProviderRequest, RefreshRequest, SessionDto, SessionsDto,
        TokensDto,
    },
    problems,
    state::ApiState,
    submit::{Asked, carry_out, command_id, respond_to},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |handler| Endpoint::new(handler).raises([Code::VaultUnavailable]);
    let log_in = |handler| {
        endpoint(handler).public().raises([
            Code::CredentialsWrong,
            Code::TooManyRequests,
            Code::Overloaded,
            Code::LogUnavailable,
            Code::SigningKeyWithdrawn,
        ])
    };
    vec![
        log_in(routes!(log_in_by_password)),
        log_in(routes!(log_in_by_provider)).raises([Code::NotFound, Code::IdentityProviderUnavailable]),
        endpoint(routes!(provider)).public().raises([Code::IdentityProviderUnavailable]),
        endpoint(routes!(refresh)).public().raises([
            Code::SessionEnded,
            Code::TooManyRequests,
            Code::SigningKeyWithdrawn,
        ]),
        endpoint(routes!(log_out)).by::<Viewers>().raises([Code::NotFound]),
        endpoint(routes!(me)).by::<Viewers>().raises([Code::NotFound]),
        endpoint(routes!(change_password)).by::<Viewers>().raises([
            Code::CredentialsWrong,
            Code::NotFound,
            Code::TooManyRequests,
            Code::Overloaded,
            Code::LogUnavailable,
        ]),
        endpoint(routes!(sessions)).by::<Viewers>().raises([Code::ValidationFailed, Code::OperatorRoleMissing]),
        endpoint(routes!(end_session))
            .by::<Viewers>()
            .raises([Code::ValidationFailed, Code::OperatorRoleMissing, Code::NotFound])
            .raises([Code::OperatorUnknown, Code::ReasonRequired, Code::IdempotencyKeyMissing])
            .raises([Code::IdempotencyKeyInFlight, Code::IdempotencyKeyReused, Code::Overloaded, Code::DeadlinePassed])
            .raises([
                Code::Contended,
                Code::LogUnavailable,
                Code::AuditAlarm,
                Code::OutcomeUnknown,
                Code::ShuttingDown,
            ]),
    ]
}

fn answer(tokens: &application::OperatorTokens, status: StatusCode) -> Response {
    with_token(json(status, &TokensDto::from(tokens)), tokens.seen)
}

/// What the program that asks says of itself.
fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// An operator with an account, and the session that asks. Whoever made a token with the signing key has neither.
fn own(principal: &Principal) -> Result<(OperatorId, Uuid, OperatorRole), Problem> {
    let own = principal.operator.zip(principal.session);
    let (role, session) =
        own.ok_or_else(|| Problem::new(Code::NotFound).detail("the token belongs to no account of an operator"))?;
    Ok((OperatorId::new(principal.actor.id.uuid()), session, role))
}

/// The operator that a path names: oneself, or for an admin anybody.
fn operator_in(principal: &Principal, id: &str) -> Result<OperatorId, Problem> {
    let operator = path_id(id)?;
    if operator != principal.actor.id.uuid() {
        principal.require_operator(OperatorRole::Admin)?;
    }
    Ok(OperatorId::new(operator))
}

/// Log in as an operator
///
/// With password and one-time code. Whether it is the name, the password or the code that is wrong is not said.
#[utoipa::path(
    post, path = "/v1/operators/sessions", tag = "operators",
    request_body = LogInRequest,
    responses((status = 201, description = "The session's tokens", body = TokensDto)),
)]
pub(crate) async fn log_in_by_password(
    State(state): State<ApiState>,
    Origin(from): Origin,
    headers: HeaderMap,
    Json(body): Json<LogInRequest>,
) -> Result<Response, Problem> {
    let LogInRequest { name, password, totp } = body;
    let asked = OperatorLogIn { name: name.into_inner(), password: password.into_inner(), code: totp.into_inner() };
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.operator_log_in(from, agent(&headers), asked).await.map_err(problems::of_operators_auth)?;
    Ok(answer(&tokens, StatusCode::CREATED))
}

/// How to log in by the identity provider
///
/// What a client needs to send a browser there (OpenID Connect, the code flow with PKCE).
#[utoipa::path(
    get, path = "/v1/operators/sessions/oidc", tag = "operators",
    responses((status = 200, description = "The provider, if there is one", body = ProviderDto)),
)]
pub(crate) async fn provider(State(state): State<ApiState>) -> Result<Response, Problem> {
    let auth = state.auth().map_err(problems::of_auth)?;
    let facts = auth.identity_provider().await.map_err(problems::of_auth)?;
    let body = match facts {
        Some(ProviderFacts { issuer, authorization_endpoint, client_id }) => ProviderDto {
            enabled: true,
            issuer: Some(issuer),
            authorization_endpoint: Some(authorization_endpoint),
            client_id: Some(client_id),
        },
        None => ProviderDto { enabled: false, issuer: None, authorization_endpoint: None, client_id: None },
    };
    Ok(json(StatusCode::OK, &body))
}

/// Log in by the identity provider
///
/// With the code that the browser came back with. The provider's token names an operator; who that is at the provider is bound to the account
/// the first time.
#[utoipa::path(
    post, path = "/v1/operators/sessions/oidc", tag = "operators",
    request_body = ProviderRequest,
    responses((status = 201, description = "The session's tokens", body = TokensDto)),
)]
pub(crate) async fn log_in_by_provider(
    State(state): State<ApiState>,
    Origin(from): Origin,
    headers: HeaderMap,
    Json(body): Json<ProviderRequest>,
) -> Result<Response, Problem> {
    let ProviderRequest { code, code_verifier, nonce, redirect_uri } = body;
    let grant = CodeGrant {
        code: code.into_inner(),
        code_verifier: code_verifier.into_inner(),
        nonce: nonce.into_inner(),
        redirect_uri,
    };
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.operator_log_in_by_provider(from, agent(&headers), grant).await;
    Ok(answer(&tokens.map_err(problems::of_operators_auth)?, StatusCode::CREATED))
}

/// Refresh a session of an operator
///
/// The refresh token stays the same. A session that is not refreshed for a while has ended, and each ends some hours after it began.
#[utoipa::path(
    post, operation_id = "refresh_operator_session", path = "/v1/operators/sessions/refresh", tag = "operators",
    request_body = RefreshRequest,
    responses((status = 200, description = "The session's next access token", body = TokensDto)),
)]
pub(crate) async fn refresh(
    State(state): State<ApiState>,
    Origin(from): Origin,
    headers: HeaderMap,
    Json(body): Json<RefreshRequest>,
) -> Result<Response, Problem> {
    let token = body.refresh_token.into_inner();
    let auth = state.auth().map_err(problems::of_auth)?;
    let tokens = auth.operator_refresh(from, agent(&headers), token).await.map_err(problems::of_auth)?;
    Ok(answer(&tokens, StatusCode::OK))
}

/// Log out as an operator
///
/// The session of the token ends. This server refuses its tokens at once, all others within a second.
#[utoipa::path(
    delete, operation_id = "log_out_operator", path = "/v1/operators/sessions/current", tag = "operators",
    security(("bearer" = [])),
    responses((status = 204, description = "The session has ended")),
)]
pub(crate) async fn log_out(State(state): State<ApiState>, who: Admitted<Viewers>) -> Result<Response, Problem> {
    let (operator, session, _) = own(&who.principal)?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let seen = auth.end_operator_session(operator, session).await.map_err(problems::of_operators_auth)?;
    Ok(with_token(StatusCode::NO_CONTENT.into_response(), seen))
}

/// Who you are
#[utoipa::path(
    get, path = "/v1/operators/me", tag = "operators", security(("bearer" = [])),
    responses((status = 200, description = "You and your session", body = MeDto)),
)]
pub(crate) async fn me(State(state): State<ApiState>, who: Admitted<Viewers>) -> Result<Response, Problem> {
    let (operator_id, current, role) = own(&who.principal)?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let sessions = auth.operator_sessions(operator_id).await.map_err(problems::of_auth)?;
    let session = sessions.iter().find(|session| session.session == current);
    let session = session.ok_or_else(|| Problem::new(Code::NotFound).detail("the session has ended"))?;
    let (name, role) = (session.name.as_str(), role.as_str());
    Ok(json(StatusCode::OK, &MeDto { operator_id, name, role, session: SessionDto::of(session, Some(current)) }))
}

/// Change your password
///
/// All your other sessions end. With the one-time code of now, which is used up.
#[utoipa::path(
    post, operation_id = "change_operator_password", path = "/v1/operators/me/password", tag = "operators",
    security(("bearer" = [])),
    request_body = PasswordRequest,
    responses((status = 204, description = "The new password is in force")),
)]
pub(crate) async fn change_password(
    State(state): State<ApiState>,
    who: Admitted<Viewers>,
    Json(body): Json<PasswordRequest>,
) -> Result<Response, Problem> {
    let (operator, session, _) = own(&who.principal)?;
    let PasswordRequest { current, new, totp } = body;
    let change = OperatorPassword { current: current.into_inner(), new: new.into_inner(), code: totp.into_inner() };
    let auth = state.auth().map_err(problems::of_auth)?;
    auth.change_operator_password(operator, session, change).await.map_err(problems::of_operators_auth)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The sessions of an operator
///
/// Your own; for admins those of everybody.
#[utoipa::path(
    get, path = "/v1/operators/{id}/sessions", tag = "operators", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The operator")),
    responses((status = 200, description = "Those that have not ended", body = SessionsDto)),
)]
pub(crate) async fn sessions(
    State(state): State<ApiState>,
    who: Admitted<Viewers>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let operator = operator_in(&who.principal, &id)?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let sessions = auth.operator_sessions(operator).await.map_err(problems::of_auth)?;
    let items = sessions.iter().map(|session| SessionDto::of(session, who.principal.session)).collect();
    Ok(json(StatusCode::OK, &SessionsDto { items }))
}

/// End a session of an operator
///
/// One of your own, which is not in the log; for admins one of another operator, which is a command: it needs an `Idempotency-Key` and a reason,
/// and is recorded. This server refuses the tokens of the session at once, all others within a second. Sent again once the session has ended, it
/// is 404.
#[utoipa::path(
    delete, path = "/v1/operators/{id}/sessions/{session}", tag = "operators", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The operator"),
        ("session" = Uuid, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "Needed for a session of another operator"),
        ("Jangbu-Reason" = Option<String>, Header, description = "Why, percent-encoded; needed for a session of another operator"),
    ),
    responses((status = 204, description = "The session has ended")),
)]
pub(crate) async fn end_session(
    State(state): State<ApiState>,
    ender: SessionEnder,
    Path((id, session)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let operator = OperatorId::new(path_id(&id)?);
    let session =
        path_id(&session).map_err(|_| Problem::invalid("session", "an id is a UUID in the form 8-4-4-4-12"))?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let SessionEnder::Another(caller) = ender else {
        let seen = auth.end_operator_session(operator, session).await.map_err(problems::of_operators_auth)?;
        return Ok(with_token(StatusCode::NO_CONTENT.into_response(), seen));
    };
    let sessions = auth.operator_sessions(operator).await.map_err(problems::of_auth)?;
    if !sessions.iter().any(|known| known.session == session) {
        return Err(problems::of_operators_auth(AuthError::NoSession));
    }
    let (actor, command) = (caller.actor, command_id(&state, &caller)?);
    let asked =
        Asked { route: "DELETE /v1/operators/{id}/sessions/{session}", id: Some(operator.uuid()), body: &session };
    let end = Command::EndOperatorSession(EndOperatorSession { operator, session, reason: caller.reason() });
    let answer = carry_out(&state, caller, asked, end).await?;
    if matches!(answer.answer.as_ref(), Outcome::OperatorSessionEnded(_)) {
        match auth.end_operator_session(operator, session).await {
            // It ended in another way meanwhile.
            Ok(_) | Err(AuthError::NoSession) => {}
            Err(error) => return Err(problems::of_operators_auth(error)),
        }
    }
    respond_to(&answer, actor, command, |outcome, _, _| {
        matches!(outcome, Outcome::OperatorSessionEnded(_)).then(|| StatusCode::NO_CONTENT.into_response())
    })
}

/// Who ends a session. The path says whose it is.
pub(crate) enum SessionEnder {
    /// Its own operator.
    Own,
    /// An admin, by a command.
    Another(Caller<Admins>),
}

impl FromRequestParts<ApiState> for SessionEnder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let Admitted { principal, .. } = Admitted::<Viewers>::from_request_parts(parts, state).await?;
        let Path((id, _)) = Path::<(String, String)>::from_request_parts(parts, state).await?;
        match path_id(&id)? == principal.actor.id.uuid() {
            true => Ok(Self::Own),
            false => Caller::from_request_parts(parts, state).await.map(Self::Another),
        }
    }
}
