//! Who sends a command, and under which key. Checked in this order, before anything of the body is read: token, role,
//! key. The token is checked again by the extractor of the body, and by the part that lets the command wait.

use std::{marker::PhantomData, net::IpAddr};

use application::PresentedToken;
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Actor, Role};
use platform::{
    auth::{FormerPrincipal, Principal},
    http::{Origin, RequestContext},
    problem::{Code, Problem},
};
use uuid::Uuid;

use crate::{identity::IdempotencyKey, state::ApiState};

/// Which roles may call a route.
pub(crate) trait Allowed {
    const ROLES: &'static [Role];
}

macro_rules! allowed {
    ($($(#[$doc:meta])* $name:ident = $($role:ident)|+;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Allowed for $name {
            const ROLES: &'static [Role] = &[$(Role::$role),+];
        }
    )*};
}

allowed! {
    /// People, for what is theirs.
    Members = Member;
    /// Staff.
    Operators = Operator;
    /// People for what is theirs, staff for everybody.
    MembersAndOperators = Member | Operator;
    /// Staff and the bank's other programs.
    OperatorsAndServices = Operator | Service;
    /// Everybody with a token: people for what is theirs.
    Everybody = Member | Operator | Service;
}

/// A verified caller with a role that may, and the key of this request.
pub(crate) struct Caller<A> {
    pub(crate) actor: Actor,
    pub(crate) session: Option<Uuid>,
    pub(crate) key: IdempotencyKey,
    pub(crate) context: RequestContext,
    allowed: PhantomData<A>,
}

impl<A> Caller<A> {
    /// The token of this request, for the part that checks it again.
    pub(crate) fn token(&self) -> PresentedToken {
        PresentedToken { subject: self.actor.id, session: self.session }
    }
}

impl<A: Allowed> FromRequestParts<ApiState> for Caller<A> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let principal = Principal::from_request_parts(parts, state).await?;
        Self::of(principal, parts, state).await
    }
}

impl<A: Allowed> Caller<A> {
    async fn of(principal: Principal, parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        principal.require(A::ROLES)?;
        let key = IdempotencyKey::from_headers(&parts.headers)?;
        let context = RequestContext::from_request_parts(parts, state).await?;
        Ok(Self { actor: principal.actor, session: principal.session, key, context, allowed: PhantomData })
    }
}

/// A member who leaves. The answer may be lost, and their tokens are refused from then on: the same request gets it again with
/// the token that it was sent with, which still proves whose it was.
pub(crate) enum Leaver {
    /// With a token that holds.
    Member(Caller<Members>),
    /// With one that holds no more. All it is good for is the answer of before.
    Former(Caller<Members>, Problem),
}

impl FromRequestParts<ApiState> for Leaver {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let refused = match Caller::from_request_parts(parts, state).await {
            Ok(caller) => return Ok(Self::Member(caller)),
            Err(problem) if problem.code() == Code::Unauthorized => problem,
            Err(problem) => return Err(problem),
        };
        let Ok(FormerPrincipal(former)) = FormerPrincipal::from_request_parts(parts, state).await else {
            return Err(refused);
        };
        match Caller::of(former, parts, state).await {
            Ok(caller) => Ok(Self::Former(caller, refused)),
            // Whoever has no token that holds is told so first.
            Err(_) => Err(refused),
        }
    }
}

/// Somebody who is no member yet, with the key of this request.
pub(crate) struct Anybody {
    pub(crate) from: IpAddr,
    pub(crate) key: IdempotencyKey,
    pub(crate) context: RequestContext,
}

impl FromRequestParts<ApiState> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let key = IdempotencyKey::from_headers(&parts.headers)?;
        let context = RequestContext::from_request_parts(parts, state).await?;
        let from = Origin::from_request_parts(parts, state).await?.0;
        Ok(Self { from, key, context })
    }
}

/// The key of a request that may be sent without one.
pub(crate) struct OptionalKey(pub(crate) Option<IdempotencyKey>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        IdempotencyKey::optional(&parts.headers).map(Self)
    }
}
