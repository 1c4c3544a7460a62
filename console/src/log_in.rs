//! Sessions of operators at the command server: their beginning, their renewal and their end.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Act, Address, Caller, Failure, Server},
    session::{Operator, Session},
    visit::Visit,
};

/// A token is renewed when it ends within so many seconds.
pub(crate) const SOON: i64 = 30;
/// A person who has done nothing for so long is logged out, though their page renews itself.
pub(crate) const IDLE: i64 = 30 * 60;
/// That somebody acted is written down no more often than this.
pub(crate) const NOTED: i64 = 60;

/// What a log-in and a renewal answer.
#[derive(Deserialize)]
struct Answer {
    operator_id: Uuid,
    name: String,
    role: String,
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

/// Begins a session with what this path takes, and puts it in the cookie of the browser: a new one.
pub(crate) async fn begin(visit: &Visit, path: &str, body: &Value) -> Result<(), Failure> {
    let operator = ask(visit, path, body).await?;
    visit.change(|session| *session = session.rotated(Some(operator)));
    Ok(())
}

/// Ends the session at the server and in the browser; the browser forgets it in any case.
pub(crate) async fn end(visit: &Visit) {
    let address = Address::command("/v1/operators/sessions/current");
    let act = Act { key: visit.house().ids.fresh().to_string(), reason: String::new() };
    let ended = visit.client().send(Method::DELETE, address, &visit.caller(), &act, &Value::Null).await;
    if let Err(failure) = ended {
        tracing::debug!(%failure, "a session could not be ended at the server; it ends when it is not used");
    }
    forget(visit);
}

/// The browser forgets who was logged in.
pub(crate) fn forget(visit: &Visit) {
    visit.change(|session| *session = session.rotated(None));
}

/// Renews the token if it ends soon, and notes that a person acted.
pub(crate) async fn keep(visit: &Visit, is_live: bool) {
    let Some(operator) = visit.operator() else { return };
    let now = visit.house().now();
    if is_live && now - operator.acted_at > IDLE {
        forget(visit);
        return;
    }
    let acted_at = if is_live || now - operator.acted_at < NOTED { operator.acted_at } else { now };
    if operator.token_ends - now > SOON {
        note(visit, acted_at);
        return;
    }
    let body = json!({ "refresh_token": operator.refresh_token });
    match ask(visit, "/v1/operators/sessions/refresh", &body).await {
        Ok(renewed) => visit.change(|session| session.operator = Some(Operator { acted_at, ..renewed })),
        Err(Failure::Refused(refusal)) if matches!(refusal.status, 400 | 401 | 403 | 404) => forget(visit),
        // The server may be back in a moment; until then the old token is shown, and refused.
        Err(failure) => tracing::debug!(%failure, "a token could not be renewed"),
    }
}

fn note(visit: &Visit, acted_at: i64) {
    let set = |session: &mut Session| {
        if let Some(operator) = &mut session.operator {
            operator.acted_at = acted_at;
        }
    };
    visit.change(set);
}

async fn ask(visit: &Visit, path: &str, body: &Value) -> Result<Operator, Failure> {
    let caller = Caller { token: None, ..visit.caller() };
    let act = Act { key: visit.house().ids.fresh().to_string(), reason: String::new() };
    let done = visit.client().send(Method::POST, Address::command(path), &caller, &act, body).await?;
    let answer: Answer =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    let now = visit.house().now();
    Ok(Operator {
        id: answer.operator_id,
        name: answer.name,
        role: answer.role,
        access_token: answer.access_token,
        token_ends: now.saturating_add(answer.expires_in),
        refresh_token: answer.refresh_token,
        acted_at: now,
    })
}
