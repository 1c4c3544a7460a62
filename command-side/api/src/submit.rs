//! From a request that is right in form to its answer.

use application::{Command, ExecuteError, Submission};
use axum::{http::StatusCode, response::Response};
use platform::problem::{Code, Problem};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{caller::Caller, identity::fingerprint, reply, state::ApiState};

/// What the client asked for, in the form that is fingerprinted.
pub(crate) struct Asked<'a, B> {
    /// Method and path template.
    pub(crate) route: &'static str,
    /// The id in the path.
    pub(crate) id: Option<Uuid>,
    /// The body.
    pub(crate) body: &'a B,
}

/// Hands the command to the bank and tells what came of it.
pub(crate) async fn submit<A, B: Serialize>(
    state: &ApiState,
    caller: Caller<A>,
    asked: Asked<'_, B>,
    command: Command,
) -> Result<Response, Problem> {
    let command_id = caller.key.command_id(caller.actor);
    let submission = Submission {
        actor: caller.actor,
        command_id,
        fingerprint: fingerprint(asked.route, asked.id, asked.body)?,
        correlation: caller.context.correlation,
        deadline: Instant::now() + state.deadline(),
        command,
    };
    // The command's id is in the log for ever, the request's only in answers and logs: here they meet.
    tracing::debug!(
        request.id = %caller.context.request_id, correlation.id = %submission.correlation,
        command.id = %command_id, actor = %caller.actor, route = asked.route, "a command"
    );
    match state.bank().execute(submission).await {
        Ok(answer) => Ok(reply::answer(answer, caller.actor, command_id)),
        Err(error) => Err(problem(error)),
    }
}

/// Nothing of these is recorded: the same key may be used again.
fn problem(error: ExecuteError) -> Problem {
    let soon = Duration::from_secs(1);
    match error {
        ExecuteError::Overloaded { retry_after } => {
            Problem::new(Code::Overloaded).detail("too many commands are waiting").retry_after(retry_after)
        }
        ExecuteError::DeadlinePassed => Problem::new(Code::DeadlinePassed)
            .detail("the command was not decided in time, and was dropped")
            .retry_after(soon),
        ExecuteError::InFlight => Problem::new(Code::IdempotencyKeyInFlight)
            .detail("the first request with this key has not been answered yet")
            .retry_after(soon),
        ExecuteError::KeyReused => {
            Problem::new(Code::IdempotencyKeyReused).detail("this key was used for another request")
        }
        ExecuteError::AccountUnknown => {
            Problem::new(Code::AccountUnknown).status(StatusCode::NOT_FOUND).detail("there is no such account")
        }
        ExecuteError::TransferUnknown => Problem::new(Code::TransferUnknown).detail("there is no such transfer"),
        ExecuteError::NotOwner => Problem::new(Code::AccountNotYours).detail("the source account is not yours"),
        ExecuteError::Contended => Problem::new(Code::Contended)
            .detail("the accounts are changed by other servers at the same time")
            .retry_after(soon),
        ExecuteError::LogUnavailable => {
            Problem::new(Code::LogUnavailable).detail("the log cannot be reached").retry_after(soon)
        }
        ExecuteError::OutcomeUnknown => Problem::new(Code::OutcomeUnknown)
            .detail("it is not known whether the command was carried out; ask again with the same key")
            .retry_after(soon),
        ExecuteError::ShuttingDown => {
            Problem::new(Code::ShuttingDown).detail("the server is shutting down").retry_after(soon)
        }
        ExecuteError::Internal => Problem::internal("the executor met a defect; see its own log line"),
    }
}
