//! What was answered to the command that a transfer came of: for operators who look into it.

use std::collections::BTreeMap;

use application::AnsweredTransfer;
use axum::{
    body::to_bytes,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use kernel::{Actor, TransferId};
use platform::{
    auth::Admitted,
    extract::Path,
    problem::{Code, Problem},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json, approvals, body::path_id, caller::Viewers, endpoint::Endpoint, problems, state::ApiState,
    submit::respond_to, transfers,
};

/// Said of a transfer that no client was answered for.
const STEP: &str = "it is a step of a process of the bank: a run of a standing order, a row of a payout run, or money from or \
                    to the outside. No client sent its command, so none was answered";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::new(routes!(answered_transfer)).by::<Viewers>().raises([
        Code::ValidationFailed,
        Code::TransferUnknown,
        Code::NotFound,
        Code::LogUnavailable,
        Code::VaultUnavailable,
    ])]
}

/// What was answered to the command that a transfer came of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnsweredTransfer)]
pub(crate) struct AnsweredTransferDto {
    /// The transfer.
    transfer_id: Uuid,
    /// The command. The first transfer of a command has its id.
    command_id: Uuid,
    /// Who sent the command, and sees in the body what they may see.
    actor: SenderDto,
    /// The status.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// The headers, by names in lower case.
    headers: BTreeMap<String, String>,
    /// The body.
    #[schema(value_type = Object)]
    body: Value,
}

/// Who sent a command.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sender)]
pub(crate) struct SenderDto {
    /// `member`, `operator`, `service` or `partner`.
    #[schema(pattern = "^(member|operator|service|partner)$", examples("member"))]
    role: &'static str,
    /// Their id.
    id: Uuid,
}

impl From<Actor> for SenderDto {
    fn from(actor: Actor) -> Self {
        Self { role: actor.role.as_str(), id: actor.id.uuid() }
    }
}

/// What was answered
///
/// To whoever sent the command that the transfer came of, as the same request under the same `Idempotency-Key` is answered. It is told from
/// what the command wrote, and kept nowhere. A batch of one transfer is told as that transfer. What an operator approved is told as the
/// answer to the approval.
#[utoipa::path(
    get, path = "/v1/transfers/{id}/answer", tag = "transfers", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The transfer, posted or refused")),
    responses((status = 200, description = "Status, headers and body", body = AnsweredTransferDto)),
)]
pub(crate) async fn answered_transfer(
    State(state): State<ApiState>,
    _: Admitted<Viewers>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let transfer = TransferId::new(path_id(&id)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    let AnsweredTransfer { command_id, actor, answer } =
        auth.answered_transfer(transfer).await.map_err(problems::of_auth)?;
    let answer = answer.ok_or_else(|| Problem::new(Code::NotFound).detail(STEP))?;
    let given = respond_to(&answer, actor, command_id, |outcome, actor, command| {
        transfers::respond(outcome, actor, command).or_else(|| approvals::respond(outcome))
    })?;
    let status = given.status().as_u16();
    let (headers, body) = written_out(given, command_id.uuid()).await?;
    let (transfer_id, command_id) = (transfer.uuid(), command_id.uuid());
    let shown = AnsweredTransferDto { transfer_id, command_id, actor: actor.into(), status, headers, body };
    Ok(json(StatusCode::OK, &shown))
}

/// Headers and body of a response. A problem has no body yet: the edge writes it.
async fn written_out(given: Response, request_id: Uuid) -> Result<(BTreeMap<String, String>, Value), Problem> {
    let (parts, body) = given.into_parts();
    let text =
        |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    let mut headers: BTreeMap<String, String> = parts.headers.iter().filter_map(text).collect();
    let problem = parts.extensions.get::<Problem>().cloned();
    if let Some(problem) = problem {
        headers.insert(header::CONTENT_TYPE.as_str().to_owned(), "application/problem+json".to_owned());
        return Ok((headers, problem.to_json(request_id)));
    }
    let bytes = to_bytes(body, usize::MAX).await.map_err(Problem::internal)?;
    Ok((headers, serde_json::from_slice(&bytes).map_err(Problem::internal)?))
}
