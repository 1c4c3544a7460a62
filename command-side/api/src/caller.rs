//! Who sends a command, and under which key. Checked in this order, before anything of the body is read: token, role and scope,
//! key. The token is checked again by the extractor of the body, and by the part that lets the command wait.

use std::{marker::PhantomData, net::IpAddr};

use application::PresentedToken;
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::Actor;
use platform::{
    auth::{Admitted, Allowed, FormerPrincipal, Principal},
    http::{Origin, RequestContext},
    problem::{Code, Problem},
};
use uuid::Uuid;

use crate::{identity::IdempotencyKey, state::ApiState};

platform::allowed! {
    /// People, for what is theirs.
    pub(crate) struct Members = Member;
    /// Staff.
    pub(crate) struct Operators = Operator;
    /// People for what is theirs, staff for everybody.
    pub(crate) struct MembersAndOperators = Member | Operator;
    /// Staff and the bank's other programs.
    pub(crate) struct OperatorsAndServices = Operator | Service;
    /// Whoever opens and closes accounts of their own.
    pub(crate) struct AccountOwners = Member | Partner with AccountsWrite;
    /// Whoever pays from accounts of their own, and staff for everybody.
    pub(crate) struct Payers = Member | Operator | Partner with TransfersWrite;
    /// The same, and the bank's other programs.
    pub(crate) struct CompoundPayers = Member | Operator | Service | Partner with TransfersWrite;
    /// Everybody, as far as they have a part in the hold.
    pub(crate) struct HoldParties = Member | Operator | Service | Partner with HoldsWrite;
    /// Tills and kiosks: of the bank for any account, of a partner for its own.
    pub(crate) struct Chargers = Operator | Service | Partner with ChargesWrite;
    /// Whoever pays many at once: the bank from any account, a partner from its own.
    pub(crate) struct PayoutRunners = Operator | Service | Partner with PayoutsWrite;
    /// Whoever has events sent to them.
    pub(crate) struct WebhookOwners = Operator | Service | Partner with WebhooksWrite;
    /// Whoever mints items.
    pub(crate) struct Minters = Operator | Service | Partner with ItemsWrite;
    /// Whoever gives away what is theirs.
    pub(crate) struct ItemOwners = Member | Partner with ItemsWrite;
    /// Whoever sets the rates of the exchange.
    pub(crate) struct RateSetters = Operator | Service | Partner with RatesWrite;
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
        let Admitted { principal, .. } = Admitted::<A>::from_request_parts(parts, state).await?;
        Self::of(principal, parts, state).await
    }
}

impl<A: Allowed> Caller<A> {
    async fn of(principal: Principal, parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        principal.admit::<A>()?;
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
