//! From a request that is right in form to its answer.

use application::{Command, Meta, Submission};
use axum::response::Response;
use platform::problem::Problem;
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{answer::answer, caller::Caller, identity::fingerprint, problems, state::ApiState};

/// What the client asked for, in the form that is fingerprinted.
pub(crate) struct Asked<'a, B> {
    /// Method and path template.
    pub(crate) route: &'static str,
    /// The id in the path.
    pub(crate) id: Option<Uuid>,
    /// The body.
    pub(crate) body: &'a B,
}

/// Hands the command to the bank and turns its outcome into the response.
pub(crate) async fn submit<A, B: Serialize>(
    state: &ApiState,
    caller: Caller<A>,
    asked: Asked<'_, B>,
    command: Command,
) -> Result<Response, Problem> {
    let command_id = caller.key.command_id(caller.actor);
    let meta = Meta {
        command_id,
        fingerprint: fingerprint(asked.route, asked.id, asked.body)?,
        correlation: caller.context.correlation,
        deadline: Instant::now() + state.deadline(),
        token: Some(caller.token()),
    };
    // The command's id is in the log for ever, the request's only in answers and logs: here they meet.
    tracing::debug!(
        request.id = %caller.context.request_id, correlation.id = %meta.correlation,
        command.id = %command_id, actor = %caller.actor, route = asked.route, "a command"
    );
    let bank = state.bank().map_err(problems::of_execution)?;
    let outcome = bank.execute(Submission { actor: caller.actor, meta, command }).await;
    Ok(answer(outcome.map_err(problems::of_execution)?, caller.actor, command_id))
}
