//! From a person's request that is right in form to its answer.

use application::{MemberCommand, MemberOutcome, Meta, PresentedToken};
use axum::response::Response;
use kernel::Actor;
use platform::{http::RequestContext, problem::Problem};
use tokio::time::Instant;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    answer::signed,
    body::Confidential,
    caller::{Anybody, Caller},
    identity::IdempotencyKey,
    problems,
    state::ApiState,
};

/// What a person asked for, and under which id.
pub(crate) struct Request<'a> {
    /// Whose it is; of somebody without a token nothing is known.
    actor: Option<Actor>,
    key: &'a IdempotencyKey,
    /// Of this request.
    context: RequestContext,
    /// Method and path template.
    route: &'static str,
    /// The id in the path.
    id: Option<Uuid>,
    /// The body.
    body: &'a dyn Confidential,
    /// The token, if there was one.
    token: Option<PresentedToken>,
}

impl<'a> Request<'a> {
    /// Of a caller with a token.
    pub(crate) fn of<A>(
        caller: &'a Caller<A>,
        route: &'static str,
        id: Option<Uuid>,
        body: &'a dyn Confidential,
    ) -> Self {
        let (actor, token) = (Some(caller.actor), Some(caller.token()));
        Self { actor, key: &caller.key, context: caller.context, route, id, body, token }
    }

    /// Of somebody without a token.
    pub(crate) fn of_anybody(
        who: &'a Anybody,
        route: &'static str,
        id: Option<Uuid>,
        body: &'a dyn Confidential,
    ) -> Self {
        Self { actor: None, key: &who.key, context: who.context, route, id, body, token: None }
    }

    /// What belongs to the command, whatever it is.
    pub(crate) fn meta(&self, state: &ApiState) -> Result<Meta, Problem> {
        let body = self.body.canonical();
        let mut asked = Zeroizing::new(Vec::with_capacity(self.route.len() + 17 + body.len()));
        asked.extend_from_slice(self.route.as_bytes());
        asked.push(0);
        asked.extend_from_slice(self.id.unwrap_or_default().as_bytes());
        asked.extend_from_slice(&body);
        let ids = state.command_ids().map_err(problems::of_execution)?;
        Ok(Meta {
            command_id: self.actor.map_or_else(|| ids.of_anybody(self.key), |actor| ids.of(actor, self.key)),
            fingerprint: state.auth().and_then(|auth| auth.fingerprint(&asked)).map_err(problems::of_auth)?,
            correlation: self.context.correlation,
            deadline: Instant::now() + state.deadline(),
            token: self.token,
            trace: self.context.trace,
        })
    }
}

/// The response of a resource to an outcome of its commands; none to the outcome of another resource's. The same outcome gives
/// the same status and body, first or replayed.
pub(crate) type Respond = fn(&MemberOutcome) -> Option<Response>;

/// Hands the command to the authentication service and turns its outcome into the response.
pub(crate) async fn receive(
    state: &ApiState,
    meta: Meta,
    route: &'static str,
    command: MemberCommand,
    respond: Respond,
) -> Result<Response, Problem> {
    // The command's id is in the log for ever, the correlation of the request in every line about it.
    tracing::debug!(correlation.id = %meta.correlation, command.id = %meta.command_id, route, "a member's command");
    let id = meta.command_id;
    match state.auth().map_err(problems::of_auth)?.execute(command, meta).await {
        Ok(receipt) => {
            let response =
                respond(&receipt.answer).ok_or_else(|| Problem::internal("the outcome is not one of this command"))?;
            Ok(signed(response, id, receipt.token, receipt.replayed))
        }
        Err(error) => problems::of_command(error, id),
    }
}
