//! Who sends a command, under which key, and why. Checked in this order, before anything of the body is read: token, role and scope,
//! key, the form of the reason. The token is checked again by the extractor of the body, and by the part that lets the command wait.

use std::{marker::PhantomData, net::IpAddr, sync::Arc};

use application::{OperatorAct, PresentedToken};
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Actor, OperatorRole};
use platform::{
    auth::{Admitted, Allowed, FormerPrincipal, Principal},
    http::{Origin, RequestContext},
    problem::{Code, Problem},
};
use uuid::Uuid;

use crate::{
    identity::IdempotencyKey,
    reason::{self, reason_in},
    state::ApiState,
};

platform::allowed! {
    /// People, for what is theirs.
    pub(crate) struct Members = Member;
    /// Staff who look.
    pub(crate) struct Viewers = Operator(Viewer);
    /// Staff who help members on.
    pub(crate) struct Helpers = Operator(Support);
    /// Staff who move money and settle what is stuck.
    pub(crate) struct Settlers = Operator(Operator);
    /// Staff who set how the bank is run.
    pub(crate) struct Admins = Operator(Admin);
    /// People for what is theirs, staff for everybody.
    pub(crate) struct MembersAndOperators = Member | Operator(Operator);
    /// Staff and the bank's other programs.
    pub(crate) struct OperatorsAndServices = Operator(Operator) | Service;
    /// Whoever opens and closes accounts of their own.
    pub(crate) struct AccountOwners = Member | Partner with AccountsWrite;
    /// Whoever pays from accounts of their own, and staff for everybody.
    pub(crate) struct Payers = Member | Operator(Operator) | Partner with TransfersWrite;
    /// The same, and the bank's other programs.
    pub(crate) struct CompoundPayers = Member | Operator(Operator) | Service | Partner with TransfersWrite;
    /// Everybody, as far as they have a part in the hold.
    pub(crate) struct HoldParties = Member | Operator(Operator) | Service | Partner with HoldsWrite;
    /// Tills and kiosks: of the bank for any account, of a partner for its own.
    pub(crate) struct Chargers = Operator(Operator) | Service | Partner with ChargesWrite;
    /// Whoever pays many at once: the bank from any account, a partner from its own.
    pub(crate) struct PayoutRunners = Operator(Operator) | Service | Partner with PayoutsWrite;
    /// Whoever has events sent to them.
    pub(crate) struct WebhookOwners = Operator(Admin) | Service | Partner with WebhooksWrite;
    /// Whoever has them sent once more.
    pub(crate) struct WebhookAskers = Operator(Support) | Service | Partner with WebhooksWrite;
    /// Whoever mints items.
    pub(crate) struct Minters = Operator(Operator) | Service | Partner with ItemsWrite;
    /// Whoever gives away what is theirs.
    pub(crate) struct ItemOwners = Member | Partner with ItemsWrite;
    /// Whoever sets the rates of the exchange.
    pub(crate) struct RateSetters = Operator(Admin) | Service | Partner with RatesWrite;
}

/// A verified caller with a role that may, and the key of this request.
pub(crate) struct Caller<A> {
    pub(crate) actor: Actor,
    pub(crate) session: Option<Uuid>,
    /// The role of an operator who logged in.
    operator: Option<OperatorRole>,
    /// Why, in their words.
    reason: Option<Arc<str>>,
    /// Where the request came from; nowhere if it came by no connection.
    from: Option<IpAddr>,
    pub(crate) key: IdempotencyKey,
    pub(crate) context: RequestContext,
    allowed: PhantomData<A>,
}

impl<A> Caller<A> {
    /// The token of this request, for the part that checks it again.
    pub(crate) fn token(&self) -> PresentedToken {
        PresentedToken { subject: self.actor.id, session: self.session }
    }

    /// With the reason that stands in the body, if the header gives none.
    pub(crate) fn saying(self, reason: Option<&str>) -> Self {
        let in_body = || reason.filter(|reason| !reason.trim().is_empty()).map(Arc::from);
        let reason = self.reason.or_else(in_body);
        Self { reason, ..self }
    }

    /// Why, if that was said.
    pub(crate) fn reason(&self) -> Option<String> {
        self.reason.as_ref().map(|reason| reason.as_ref().to_owned())
    }

    /// What is recorded of an operator who logged in; an error if they do not say why. Nothing of anybody else.
    pub(crate) fn act(&self) -> Result<Option<OperatorAct>, Problem> {
        match (self.operator, &self.reason) {
            (None, _) => Ok(None),
            (Some(_), Some(reason)) => Ok(Some(OperatorAct { reason: reason.clone(), from: self.from })),
            (Some(_), None) => Err(reason::missing()),
        }
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
        // Nobody else is asked why.
        let reason = if principal.operator.is_some() { reason_in(&parts.headers)? } else { None };
        let context = RequestContext::from_request_parts(parts, state).await?;
        let Origin(from) = Origin::from_request_parts(parts, state).await?;
        let from = Some(from).filter(|from| !from.is_unspecified());
        let Principal { actor, session, operator, .. } = principal;
        Ok(Self { actor, session, operator, reason, from, key, context, allowed: PhantomData })
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
