//! The verified subject of a request.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use kernel::{Actor, Role};
use uuid::Uuid;

use super::Verifier;
use crate::problem::{Code, Problem};

/// Who asks. A handler that takes it answers 401 to everybody without a token that holds.
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
        let token = bearer(&parts.headers)?;
        Verifier::from_ref(state).verify(token).map_err(|error| refused().cause(error))
    }
}

/// The token in the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (given.next(), given.next()) {
        (Some(value), None) => value.to_str().map_err(|_| refused())?,
        (None, _) => {
            return Err(Problem::new(Code::Unauthorized).detail("send Authorization: Bearer <token>"));
        }
        _ => return Err(refused()),
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(refused()),
    }
}

fn refused() -> Problem {
    Problem::new(Code::Unauthorized).detail("the token does not hold").token_refused()
}
