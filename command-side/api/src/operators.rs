//! Operators: who runs the bank, and what they may do.

use application::{
    AddOperator, Answer, Command, OperatorSecrets, Outcome, ResetOperator, SetOperatorRole, SwitchOperator,
};
use axum::{extract::State, http::StatusCode, response::Response};
use kernel::{Actor, CommandId, OperatorId};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::{Code, Problem},
};
use serde::Serialize;
use utoipa_axum::routes;

use crate::{
    accounts::ReasonRequest,
    answer::json,
    body::{Note, path_id},
    caller::{Admins, Caller},
    endpoint::Endpoint,
    operator_bodies::{OperatorDto, OperatorRequest, RoleRequest, SecretsDto},
    problems,
    state::ApiState,
    submit::{Asked, carry_out, command_id, respond_to},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let of_operator =
        |handler| Endpoint::new(handler).by::<Admins>().raises([Code::OperatorUnknown, Code::VaultUnavailable]);
    vec![
        Endpoint::new(routes!(add_operator)).by::<Admins>().raises([Code::OperatorNameTaken, Code::VaultUnavailable]),
        of_operator(routes!(set_role)).raises([Code::LastAdmin]),
        of_operator(routes!(disable)).with_optional_body().raises([Code::LastAdmin]),
        of_operator(routes!(enable)).with_optional_body(),
        of_operator(routes!(reset)).with_optional_body(),
    ]
}

/// Add an operator
///
/// The answer has the first password and the secret of one-time codes, and nothing else ever has. The same request under the same
/// `Idempotency-Key` gets the same answer.
#[utoipa::path(
    post, path = "/v1/operators", tag = "operators", security(("bearer" = [])),
    request_body = OperatorRequest,
    responses((status = 201, description = "The operator", body = SecretsDto)),
)]
pub(crate) async fn add_operator(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Json(body): Json<OperatorRequest>,
) -> Result<Response, Problem> {
    let caller = caller.saying(text(body.reason.as_ref()));
    let (name, role, reason) = (body.name.clone(), body.role, caller.reason());
    let command = Command::AddOperator(AddOperator { name, role, reason });
    let asked = Asked { route: "POST /v1/operators", id: None, body: &body };
    let answered = carry_out_as(&state, caller, asked, command).await?;
    let secrets = secrets_of(&state, &answered)?;
    answered.respond(|outcome| match outcome {
        Outcome::OperatorAdded(operator) => {
            Some(json(StatusCode::CREATED, &SecretsDto::of(operator, secrets.as_ref()?)))
        }
        _ => None,
    })
}

/// Set the role of an operator
///
/// All of their sessions end. The last admin who is enabled stays one.
#[utoipa::path(
    post, path = "/v1/operators/{id}/role", tag = "operators", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The operator")),
    request_body = RoleRequest,
    responses((status = 200, description = "The operator", body = OperatorDto)),
)]
pub(crate) async fn set_role(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    Json(body): Json<RoleRequest>,
) -> Result<Response, Problem> {
    let (id, caller) = (path_id(&id)?, caller.saying(text(body.reason.as_ref())));
    let (operator, role, reason) = (OperatorId::new(id), body.role, caller.reason());
    let command = Command::SetOperatorRole(SetOperatorRole { operator, role, reason });
    let asked = Asked { route: "POST /v1/operators/{id}/role", id: Some(id), body: &body };
    let answered = carry_out_as(&state, caller, asked, command).await?;
    end_sessions(&state, &answered).await?;
    answered.respond(changed)
}

/// Disable an operator
///
/// They cannot log in any more. Their sessions end: this server refuses their tokens at once, all others within a second. The last admin who
/// is enabled stays.
#[utoipa::path(
    post, path = "/v1/operators/{id}/disable", tag = "operators", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The operator")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The operator", body = OperatorDto)),
)]
pub(crate) async fn disable(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    switch(&state, caller, ("POST /v1/operators/{id}/disable", &id), &body, false).await
}

/// Enable an operator
///
/// They can log in again, as before.
#[utoipa::path(
    post, path = "/v1/operators/{id}/enable", tag = "operators", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The operator")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The operator", body = OperatorDto)),
)]
pub(crate) async fn enable(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    switch(&state, caller, ("POST /v1/operators/{id}/enable", &id), &body, true).await
}

/// Reset the credentials of an operator
///
/// They get a new first password and a new secret of one-time codes, and their binding to the identity provider is removed. Their sessions
/// end. The same request under the same `Idempotency-Key` gets the same answer.
#[utoipa::path(
    post, path = "/v1/operators/{id}/reset", tag = "operators", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The operator")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The operator", body = SecretsDto)),
)]
pub(crate) async fn reset(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    let (id, caller) = (path_id(&id)?, caller.saying(body.reason().as_deref()));
    let command = Command::ResetOperator(ResetOperator { operator: OperatorId::new(id), reason: caller.reason() });
    let asked = Asked { route: "POST /v1/operators/{id}/reset", id: Some(id), body: &body };
    let answered = carry_out_as(&state, caller, asked, command).await?;
    end_sessions(&state, &answered).await?;
    let secrets = secrets_of(&state, &answered)?;
    answered.respond(|outcome| match outcome {
        Outcome::OperatorReset(operator) => Some(json(StatusCode::OK, &SecretsDto::of(operator, secrets.as_ref()?))),
        _ => None,
    })
}

async fn switch(
    state: &ApiState,
    caller: Caller<Admins>,
    (route, id): (&'static str, &str),
    body: &ReasonRequest,
    enable: bool,
) -> Result<Response, Problem> {
    let (id, caller) = (path_id(id)?, caller.saying(body.reason().as_deref()));
    let (operator, reason) = (OperatorId::new(id), caller.reason());
    let command = Command::SwitchOperator(SwitchOperator { operator, enable, reason });
    let answered = carry_out_as(state, caller, Asked { route, id: Some(id), body }, command).await?;
    if !enable {
        end_sessions(state, &answered).await?;
    }
    answered.respond(changed)
}

/// What the bank answered, to whom, and under which id.
struct Answered {
    answer: Answer,
    actor: Actor,
    id: CommandId,
}

impl Answered {
    fn respond(&self, respond: impl FnOnce(&Outcome) -> Option<Response>) -> Result<Response, Problem> {
        respond_to(&self.answer, self.actor, self.id, |outcome, _, _| respond(outcome))
    }
}

async fn carry_out_as<B: Serialize>(
    state: &ApiState,
    caller: Caller<Admins>,
    asked: Asked<'_, B>,
    command: Command,
) -> Result<Answered, Problem> {
    let (actor, id) = (caller.actor, command_id(state, &caller)?);
    Ok(Answered { answer: carry_out(state, caller, asked, command).await?, actor, id })
}

/// The log says what happened. If the vault is away now, a process ends the sessions later, and a retry waits for that.
async fn end_sessions(state: &ApiState, answered: &Answered) -> Result<(), Problem> {
    let (Outcome::OperatorRoleSet(operator) | Outcome::OperatorSwitched(operator) | Outcome::OperatorReset(operator)) =
        answered.answer.answer.as_ref()
    else {
        return Ok(());
    };
    let auth = state.auth().map_err(problems::of_auth)?;
    auth.operator_changed(operator.operator_id, operator.version).await.map_err(problems::of_auth)
}

fn changed(outcome: &Outcome) -> Option<Response> {
    match outcome {
        Outcome::OperatorRoleSet(operator) | Outcome::OperatorSwitched(operator) => {
            Some(json(StatusCode::OK, &OperatorDto::from(operator)))
        }
        _ => None,
    }
}

/// What an operator logs in with who was added, or whose credentials were reset. It follows from the operator and the number of the
/// credentials, and is kept nowhere.
fn secrets_of(state: &ApiState, answered: &Answered) -> Result<Option<OperatorSecrets>, Problem> {
    let (Outcome::OperatorAdded(operator) | Outcome::OperatorReset(operator)) = answered.answer.answer.as_ref() else {
        return Ok(None);
    };
    let auth = state.auth().map_err(problems::of_auth)?;
    let secrets = auth.operator_secrets(operator.operator_id, &operator.name, operator.credentials);
    secrets.map(Some).map_err(problems::of_auth)
}

fn text(note: Option<&Note>) -> Option<&str> {
    note.map(|note| note.0.as_str())
}
