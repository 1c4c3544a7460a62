//! The extractor that asks for a token.

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

use super::{
    presented::Presented,
    principal::Principal,
    refusal::{bearer_in, problem_of, refused},
    verifier::Verifier,
};
use crate::problem::{Code, Problem};

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

/// The subject of a token that was made here and may be revoked or expired by now. It proves who once asked; it allows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerPrincipal(pub Principal);

impl<S> FromRequestParts<S> for FormerPrincipal
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let header = authorization(&parts.headers)?;
        let verifier = Verifier::from_ref(state);
        verifier.verify_origin(bearer_in(header)?).map(Self).map_err(problem_of)
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
