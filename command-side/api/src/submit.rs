//! From a request that is right in form to its answer.

use application::{Command, Meta, Outcome, Submission};
use axum::response::{IntoResponse, Response};
use kernel::{Actor, CommandId};
use platform::problem::Problem;
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{answer::signed, caller::Caller, identity::fingerprint, problems, state::ApiState};

/// What the client asked for, in the form that is fingerprinted.
pub(crate) struct Asked<'a, B> {
    /// Method and path template.
    pub(crate) route: &'static str,
    /// The id in the path.
    pub(crate) id: Option<Uuid>,
    /// The body.
    pub(crate) body: &'a B,
}

/// The response of a resource to an outcome of its commands, for the one who asked; none to the outcome of another resource's.
/// The same outcome gives the same status and body, first or replayed.
pub(crate) type Respond = fn(&Outcome, Actor, CommandId) -> Option<Response>;

/// Hands the command to the bank and turns its outcome into the response. A refusal is answered in one way everywhere.
pub(crate) async fn submit<A, B: Serialize>(
    state: &ApiState,
    caller: Caller<A>,
    asked: Asked<'_, B>,
    command: Command,
    respond: Respond,
) -> Result<Response, Problem> {
    let command_id = state.command_ids().map_err(problems::of_execution)?.of(caller.actor, &caller.key);
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
    let answer = bank.execute(Submission { actor: caller.actor, meta, command }).await;
    let answer = answer.map_err(problems::of_execution)?;
    let response = match answer.answer.as_ref() {
        Outcome::Refused(refused) => problems::of_refusal(refused, command_id).into_response(),
        outcome => respond(outcome, caller.actor, command_id)
            .ok_or_else(|| Problem::internal("the outcome is not one of this command"))?,
    };
    Ok(signed(response, command_id, answer.token, answer.replayed))
}
