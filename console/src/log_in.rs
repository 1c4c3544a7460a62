//! Sessions at the command server, of operators and of members: their beginning, their renewal and their end.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    client::{Act, Address, Caller, Failure, Server},
    session::{Operator, Person, Session, Tokens},
    visit::Visit,
};

/// A token is renewed when it ends within so many seconds.
const SOON: i64 = 30;
/// A token that could not be renewed is used until so many seconds before its end: pages take some, and clocks differ.
const LAST: i64 = 10;
/// Who has done nothing for so long is logged out, though their page renews itself.
const IDLE: i64 = 30 * 60;
/// That somebody acted is written down no more often than this.
const NOTED: i64 = 60;

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Operator,
    Member,
}

impl Whose {
    const fn sessions(self) -> &'static str {
        match self {
            Self::Operator => "/v1/operators/sessions",
            Self::Member => "/v1/sessions",
        }
    }

    /// The key under which a token is renewed. A member's refresh token is good once, and a second use under another key ends the session.
    /// A page and its live parts may come together with the same one: under the same key they get the same answer. An operator's stays the
    /// same, so that it needs another key each time.
    fn renewal_key(self, visit: &Visit, token: &str) -> String {
        match self {
            Self::Operator => visit.house().ids.fresh().to_string(),
            Self::Member => renewal_key(token),
        }
    }
}

/// What became of the session of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It goes on, or there was none.
    Good,
    /// It is over, and the browser forgets it.
    Over,
    /// Its token could not be renewed, and nothing says that it is over. `is_used_up`: the token is good for nothing any more.
    Unsure { is_used_up: bool },
}

/// What a log-in and a renewal answer.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

/// What the same says of an operator.
#[derive(Deserialize)]
struct Named {
    operator_id: Uuid,
    name: String,
    role: String,
}

/// Begins a session with what this path takes, and puts it in the cookie of the browser: a new one.
pub(crate) async fn begin(visit: &Visit, whose: Whose, path: &str, body: &Value) -> Result<(), Failure> {
    let act = act(visit.house().ids.fresh().to_string());
    let done = visit.client().send(Method::POST, Address::command(path), &nobody(visit), &act, body).await?;
    let person = person(visit, whose, &done.body)?;
    // Who signed up a moment ago is shown as a member.
    let seen = done.consistency.filter(|_| whose == Whose::Member);
    visit.change(|session| {
        *session = Session { seen, ..session.rotated() };
        session.belongs_to(person);
    });
    Ok(())
}

/// Ends the session at the server and in the browser; the browser forgets it in any case.
pub(crate) async fn end(visit: &Visit) {
    if let Some((whose, _)) = logged_in(visit) {
        let address = Address::command(whose.sessions()).segment("current");
        let act = act(visit.house().ids.fresh().to_string());
        let ended = visit.client().send(Method::DELETE, address, &visit.caller(), &act, &Value::Null).await;
        if let Err(failure) = ended {
            tracing::debug!(%failure, "a session could not be ended at the server; it ends when it is not used");
        }
    }
    forget(visit);
}

/// The browser forgets who was logged in.
pub(crate) fn forget(visit: &Visit) {
    visit.change(|session| *session = session.rotated());
}

/// Ends a session in which nobody has acted for too long, renews a token that ends soon, and notes that a person acted.
pub(crate) async fn keep(visit: &Visit, is_live: bool) -> Kept {
    let Some((whose, tokens)) = logged_in(visit) else { return Kept::Good };
    let now = visit.house().now();
    // Pages that renew themselves renew the session at the server too, so that it is the console alone that knows.
    if now - tokens.acted_at > IDLE {
        forget(visit);
        return Kept::Over;
    }
    let acted_at = if is_live || now - tokens.acted_at < NOTED { tokens.acted_at } else { now };
    note(visit, acted_at);
    if tokens.token_ends - now > SOON {
        return Kept::Good;
    }
    match renewed(visit, whose, &tokens.refresh_token).await {
        Ok(person) => {
            visit.change(|session| session.belongs_to(person));
            note(visit, acted_at);
            Kept::Good
        }
        Err(Failure::Refused(refusal)) if matches!(refusal.status, 400 | 401 | 403 | 404) => {
            forget(visit);
            Kept::Over
        }
        Err(failure) => {
            tracing::debug!(%failure, "a token could not be renewed");
            if matches!(failure, Failure::Unreachable(_)) {
                visit.note_command_server_away();
            }
            // The call took its time.
            Kept::Unsure { is_used_up: tokens.token_ends - visit.house().now() <= LAST }
        }
    }
}

fn logged_in(visit: &Visit) -> Option<(Whose, Tokens)> {
    let session = visit.current();
    let whose = if session.operator.is_some() { Whose::Operator } else { Whose::Member };
    session.tokens().map(|tokens| (whose, tokens.clone()))
}

fn note(visit: &Visit, acted_at: i64) {
    visit.change(|session| {
        if let Some(tokens) = session.tokens_mut() {
            tokens.acted_at = acted_at;
        }
    });
}

async fn renewed(visit: &Visit, whose: Whose, token: &str) -> Result<Person, Failure> {
    let address = Address::command(whose.sessions()).segment("refresh");
    let act = act(whose.renewal_key(visit, token));
    let done = visit.client().renew(address, &nobody(visit), &act, &json!({ "refresh_token": token })).await?;
    person(visit, whose, &done.body)
}

/// Whoever has no token yet, or one that is not to be sent.
fn nobody(visit: &Visit) -> Caller {
    Caller { token: None, ..visit.caller() }
}

fn act(key: String) -> Act {
    Act { key, reason: String::new() }
}

fn renewal_key(token: &str) -> String {
    let digest = Sha256::digest(format!("jangbu/wallet/renewal\0{token}").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn person(visit: &Visit, whose: Whose, body: &Value) -> Result<Person, Failure> {
    let unreadable = |error: serde_json::Error| Failure::Answer(Server::Command, error.to_string());
    let answer = Answer::deserialize(body).map_err(unreadable)?;
    let now = visit.house().now();
    let tokens = Tokens {
        access_token: answer.access_token,
        token_ends: now.saturating_add(answer.expires_in),
        refresh_token: answer.refresh_token,
        acted_at: now,
    };
    if whose == Whose::Member {
        return Ok(Person::Member(tokens));
    }
    let Named { operator_id, name, role } = Named::deserialize(body).map_err(unreadable)?;
    Ok(Person::Operator(Operator { id: operator_id, name, role, tokens }))
}

#[cfg(test)]
mod tests {
    use super::renewal_key;

    #[test]
    fn the_key_of_a_renewal_follows_from_its_token_and_does_not_tell_it() {
        let key = renewal_key("token");
        assert_eq!((key.len(), &key), (64, &renewal_key("token")));
        assert_ne!(key, renewal_key("tokem"));
        assert!(!key.contains("token"));
    }
}
