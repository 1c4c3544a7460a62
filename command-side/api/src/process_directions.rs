//! What operators say of processes with the outside world that cannot go on.

use application::{Command, DirectProcess, DirectedAnswer, Outcome, ProcessDirection};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, Position, ProcessId};
use platform::{
    extract::{Json, Path},
    problem::{Code, Problem},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    body::OperatorsReasonRequest,
    caller::{Caller, Helpers, Settlers},
    endpoint::Endpoint,
    state::ApiState,
    submit::submit_on,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let direct =
        |endpoint: Endpoint| endpoint.raises([Code::ProcessUnknown, Code::ProcessOver, Code::ProcessStepFixed]);
    vec![
        direct(Endpoint::new(routes!(retry_process)).by::<Helpers>()),
        direct(Endpoint::new(routes!(skip_process)).by::<Settlers>()),
        direct(Endpoint::new(routes!(compensate_process)).by::<Settlers>()),
    ]
}

/// How an operator had a process go on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectedProcess)]
pub(crate) struct DirectedDto {
    /// The process.
    #[schema(value_type = uuid::Uuid)]
    process_id: ProcessId,
    /// `retry`, `skip` or `compensate`.
    #[schema(pattern = "^(retry|skip|compensate)$", examples("retry"))]
    action: &'static str,
    /// The step that it was at.
    #[schema(examples("confirm"))]
    step: &'static str,
    /// What it is doing since.
    #[schema(pattern = "^(running|waiting|compensating|done|compensated)$", examples("running"))]
    state: &'static str,
    /// The place of this in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl From<&DirectedAnswer> for DirectedDto {
    fn from(answer: &DirectedAnswer) -> Self {
        let directed = &answer.directed;
        Self {
            process_id: answer.process_id,
            action: directed.direction.as_str(),
            step: directed.step.as_str(),
            state: directed.leaves.as_str(),
            position: answer.position,
            recorded_at: answer.recorded_at,
        }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    match outcome {
        Outcome::ProcessDirected(answer) => Some(json(StatusCode::OK, &DirectedDto::from(answer))),
        _ => None,
    }
}

fn direct(direction: ProcessDirection, body: &OperatorsReasonRequest) -> impl FnOnce(Uuid) -> Command {
    let reason = body.reason.0.clone();
    move |id| Command::DirectProcess(DirectProcess { process: ProcessId::new(id), direction, reason })
}

/// Retry a process
///
/// The step at hand is tried again at once, under the same key. For a process that is stuck, once the cause is removed.
#[utoipa::path(
    post, path = "/v1/processes/{id}/retry", tag = "processes", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The process")),
    request_body = OperatorsReasonRequest,
    responses((status = 200, description = "How it goes on", body = DirectedDto)),
)]
pub(crate) async fn retry_process(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    let command = direct(ProcessDirection::Retry, &body);
    let caller = caller.saying(Some(&body.reason.0));
    submit_on(&state, caller, ("POST /v1/processes/{id}/retry", &id), &body.reason, command, respond).await
}

/// Skip a step
///
/// The step at hand counts as done: for a call to the outside that is stuck, when somebody has made sure by other means that it was carried
/// out. Money that is moved here cannot be skipped.
#[utoipa::path(
    post, path = "/v1/processes/{id}/skip", tag = "processes", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The process")),
    request_body = OperatorsReasonRequest,
    responses((status = 200, description = "How it goes on", body = DirectedDto)),
)]
pub(crate) async fn skip_process(
    State(state): State<ApiState>,
    caller: Caller<Settlers>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    let command = direct(ProcessDirection::Skip, &body);
    let caller = caller.saying(Some(&body.reason.0));
    submit_on(&state, caller, ("POST /v1/processes/{id}/skip", &id), &body.reason, command, respond).await
}

/// Compensate a process
///
/// What was done is taken back: the outside is asked to cancel, then held money is given back. If it has happened outside for good, it is
/// paid after all.
#[utoipa::path(
    post, path = "/v1/processes/{id}/compensate", tag = "processes", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The process")),
    request_body = OperatorsReasonRequest,
    responses((status = 200, description = "How it goes on", body = DirectedDto)),
)]
pub(crate) async fn compensate_process(
    State(state): State<ApiState>,
    caller: Caller<Settlers>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    let command = direct(ProcessDirection::Compensate, &body);
    let caller = caller.saying(Some(&body.reason.0));
    submit_on(&state, caller, ("POST /v1/processes/{id}/compensate", &id), &body.reason, command, respond).await
}
