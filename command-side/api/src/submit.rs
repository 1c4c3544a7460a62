//! From a request that is right in form to its answer.

use application::{Answer, Command, Meta, Outcome, Submission};
use axum::response::{IntoResponse, Response};
use kernel::{Actor, CommandId};
use platform::problem::Problem;
use serde::Serialize;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    answer::signed, approval_bodies::pending, body::path_id, caller::Caller, identity::fingerprint, problems,
    state::ApiState,
};

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
///
/// `respond` is the response of a resource to an outcome of its commands, for the one who asked; none to the outcome of another resource's.
/// The same outcome gives the same status and body, first or replayed.
pub(crate) async fn submit<A, B: Serialize>(
    state: &ApiState,
    caller: Caller<A>,
    asked: Asked<'_, B>,
    command: Command,
    respond: impl FnOnce(&Outcome, Actor, CommandId) -> Option<Response>,
) -> Result<Response, Problem> {
    let command_id = command_id(state, &caller)?;
    let actor = caller.actor;
    let answer = carry_out(state, caller, asked, command).await?;
    respond_to(&answer, actor, command_id, respond)
}

/// The same for a command on what the path names. `at`: method and path template, and the id in the path.
pub(crate) async fn submit_on<A, B: Serialize>(
    state: &ApiState,
    caller: Caller<A>,
    at: (&'static str, &str),
    body: &B,
    command: impl FnOnce(Uuid) -> Command,
    respond: impl FnOnce(&Outcome, Actor, CommandId) -> Option<Response>,
) -> Result<Response, Problem> {
    let (route, id) = (at.0, path_id(at.1)?);
    submit(state, caller, Asked { route, id: Some(id), body }, command(id), respond).await
}

/// Which id the command of this request has in the log.
pub(crate) fn command_id<A>(state: &ApiState, caller: &Caller<A>) -> Result<CommandId, Problem> {
    Ok(state.command_ids().map_err(problems::of_execution)?.of(caller.actor, &caller.key))
}

/// Hands the command to the bank. A refusal is an answer, too, and so is that it waits for a second operator.
pub(crate) async fn carry_out<A, B: Serialize>(
    state: &ApiState,
    caller: Caller<A>,
    asked: Asked<'_, B>,
    command: Command,
) -> Result<Answer, Problem> {
    let meta = Meta {
        command_id: command_id(state, &caller)?,
        fingerprint: fingerprint(asked.route, asked.id, asked.body)?,
        correlation: caller.context.correlation,
        deadline: Instant::now() + state.deadline(),
        token: Some(caller.token()),
        trace: caller.context.trace,
    };
    // The command's id is in the log for ever, the request's only in answers and logs: here they meet.
    tracing::debug!(
        request.id = %caller.context.request_id, correlation.id = %meta.correlation,
        command.id = %meta.command_id, actor = %caller.actor, route = asked.route, "a command"
    );
    let (actor, act) = (caller.actor, caller.act()?);
    let bank = state.bank().map_err(problems::of_execution)?;
    bank.execute(Submission { actor, meta, act, command }).await.map_err(problems::of_execution)
}

/// The response to what the bank answered. A refusal is answered in one way everywhere, and so is what waits for a second operator.
pub(crate) fn respond_to(
    answer: &Answer,
    actor: Actor,
    command_id: CommandId,
    respond: impl FnOnce(&Outcome, Actor, CommandId) -> Option<Response>,
) -> Result<Response, Problem> {
    let response = match answer.answer.as_ref() {
        Outcome::Refused(refused) => problems::of_refusal(refused, command_id).into_response(),
        Outcome::ApprovalRequested(asked) => pending(asked),
        outcome => respond(outcome, actor, command_id)
            .ok_or_else(|| Problem::internal("the outcome is not one of this command"))?,
    };
    Ok(signed(response, command_id, answer.token, answer.replayed))
}
