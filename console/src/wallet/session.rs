//! Sessions of members at the command server: their beginning, their renewal and their end.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    client::{Act, Address, Caller, Failure, Server},
    log_in::{IDLE, NOTED, SOON, forget},
    session::{Member, Session},
    visit::Visit,
};

/// What a log-in and a renewal answer.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
}

/// Begins a session, and puts it in the wallet's cookie of the browser: a new one.
pub(crate) async fn begin(visit: &Visit, login_id: &str, password: &str) -> Result<(), Failure> {
    let body = json!({ "login_id": login_id, "password": password });
    let (member, seen) = ask(visit, "/v1/sessions", visit.house().ids.fresh().to_string(), &body).await?;
    // Who signed up a moment ago is shown as a member.
    visit.change(|session| *session = Session { seen, ..session.rotated_to(Some(member)) });
    Ok(())
}

/// Ends the session at the server and in the browser; the browser forgets it in any case.
pub(crate) async fn end(visit: &Visit) {
    let address = Address::command("/v1/sessions/current");
    let act = Act { key: visit.house().ids.fresh().to_string(), reason: String::new() };
    let ended = visit.client().send(Method::DELETE, address, &visit.caller(), &act, &Value::Null).await;
    if let Err(failure) = ended {
        tracing::debug!(%failure, "a member's session could not be ended at the server; it ends when it is not used");
    }
    forget(visit);
}

/// Renews the token if it ends soon, and notes that a person acted.
pub(crate) async fn keep(visit: &Visit, is_live: bool) {
    let Some(member) = visit.member() else { return };
    let now = visit.house().now();
    if is_live && now - member.acted_at > IDLE {
        forget(visit);
        return;
    }
    let acted_at = if is_live || now - member.acted_at < NOTED { member.acted_at } else { now };
    if member.token_ends - now > SOON {
        visit.change(|session| session.member = Some(Member { acted_at, ..member }));
        return;
    }
    let body = json!({ "refresh_token": member.refresh_token });
    match ask(visit, "/v1/sessions/refresh", renewal_key(&member.refresh_token), &body).await {
        Ok((renewed, _)) => visit.change(|session| session.member = Some(Member { acted_at, ..renewed })),
        Err(Failure::Refused(refusal)) if matches!(refusal.status, 400 | 401 | 403 | 404) => forget(visit),
        // The server may be back in a moment; until then the old token is shown, and refused.
        Err(failure) => tracing::debug!(%failure, "a member's token could not be renewed"),
    }
}

/// A refresh token is good once, and a second use under another key ends the session. A page and its live parts may come together
/// with the same one: under the same key they get the same answer.
fn renewal_key(token: &str) -> String {
    let digest = Sha256::digest(format!("jangbu/wallet/renewal\0{token}").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn ask(visit: &Visit, path: &str, key: String, body: &Value) -> Result<(Member, Option<String>), Failure> {
    let caller = Caller { token: None, ..visit.caller() };
    let act = Act { key, reason: String::new() };
    let done = visit.client().send(Method::POST, Address::command(path), &caller, &act, body).await?;
    let tokens: Tokens =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    let now = visit.house().now();
    let member = Member {
        access_token: tokens.access_token,
        token_ends: now.saturating_add(tokens.expires_in),
        refresh_token: tokens.refresh_token,
        acted_at: now,
    };
    Ok((member, done.consistency))
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
