//! The verified subject of a request.

use std::time::Duration;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use kernel::{Actor, Role};
use uuid::Uuid;

use super::{Presented, TokenError, Verifier};
use crate::problem::{Code, Problem};

/// Who asks. A handler that takes it answers 401 to everybody without a token that holds. The token is checked here, before
/// the body is read; again when a body extractor has the whole body; and again when a read is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Role and id.
    pub actor: Actor,
    /// The session the token belongs to, if it does to one.
    pub session: Option<Uuid>,
}

impl Principal {
    /// Refuses every role but these.
    pub fn require(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.actor.role) {
            return Ok(());
        }
        let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        Err(Problem::new(Code::Forbidden).detail(format!("this needs a token of role {}", names.join(" or "))))
    }
}

impl<S> FromRequestParts<S> for Principal
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let header = authorization(&parts.headers)?.clone();
        let verifier = Verifier::from_ref(state);
        let principal = verifier.verify_with_new_keys(bearer_in(&header)?).await.map_err(problem_of)?;
        Presented::of(&mut parts.extensions).keep(verifier, header);
        Ok(principal)
    }
}

/// The one `Authorization` header.
fn authorization(headers: &HeaderMap) -> Result<&HeaderValue, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    match (given.next(), given.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(Problem::new(Code::Unauthorized).detail("send Authorization: Bearer <token>")),
        _ => Err(refused()),
    }
}

/// The token in an `Authorization` header.
pub(super) fn bearer_in(header: &HeaderValue) -> Result<&str, Problem> {
    let value = header.to_str().map_err(|_| refused())?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(refused()),
    }
}

/// The problem of a token that is not taken, and why.
pub(super) fn problem_of(error: TokenError) -> Problem {
    match error {
        TokenError::Unsure => Problem::new(Code::VaultUnavailable)
            .detail("it cannot be told now whether your session has ended; nothing was done")
            .retry_after(Duration::from_secs(1))
            .cause(error),
        _ => refused().cause(error),
    }
}

/// The problem of a token that was sent and does not hold, or holds no more.
pub fn refused() -> Problem {
    Problem::new(Code::Unauthorized).detail("the token does not hold").token_refused()
}
