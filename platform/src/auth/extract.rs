//! The extractor that asks for a token.

use std::marker::PhantomData;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use kernel::{OperatorRole, Role};

use super::{
    allowed::Allowed,
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
        let principal = verified(parts, state).await?;
        match principal.actor.role {
            Role::Partner => Err(Problem::new(Code::Forbidden).detail("a partner may not call this")),
            Role::Operator => principal.require_operator(OperatorRole::Admin).map(|()| principal),
            Role::Member | Role::Service => Ok(principal),
        }
    }
}

/// The verified subject of a request whose answer lasts: its token can be asked again at any time.
#[derive(Clone, Debug)]
pub struct LastingPrincipal<A> {
    /// Who asks.
    pub principal: Principal,
    presented: Presented,
    allowed: PhantomData<A>,
}

impl<A> LastingPrincipal<A> {
    /// Whether the token still holds: it has not expired, and neither it nor its subject was revoked.
    pub fn holds(&self) -> bool {
        self.presented.check_again().is_ok()
    }
}

impl<A, S> FromRequestParts<S> for LastingPrincipal<A>
where
    A: Allowed,
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let principal = verified(parts, state).await?;
        principal.admit::<A>()?;
        Ok(Self { principal, presented: Presented::of(&mut parts.extensions), allowed: PhantomData })
    }
}

/// The principal of a request, whoever it is. A request of a partner is counted.
pub(super) async fn verified<S>(parts: &mut Parts, state: &S) -> Result<Principal, Problem>
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    let header = authorization(&parts.headers)?.clone();
    let verifier = Verifier::from_ref(state);
    let principal = verifier.verify_with_new_keys(bearer_in(&header)?).await.map_err(problem_of)?;
    let presented = Presented::of(&mut parts.extensions);
    if principal.actor.role == Role::Partner {
        presented.count(verifier.quotas(), principal.actor.id.uuid())?;
    }
    presented.keep(verifier, header);
    Ok(principal)
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
