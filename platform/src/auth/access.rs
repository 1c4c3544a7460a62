//! The extractor of a principal that may call a route.

use std::marker::PhantomData;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};

use super::{allowed::Allowed, extract::verified, principal::Principal, verifier::Verifier};
use crate::problem::Problem;

/// A principal that may call the route. A handler that takes it answers 401 without a token that holds, 403 to everybody else, and
/// 429 to a partner that asks too often.
#[derive(Clone, Copy, Debug)]
pub struct Admitted<A> {
    /// Who asks.
    pub principal: Principal,
    allowed: PhantomData<A>,
}

impl<A, S> FromRequestParts<S> for Admitted<A>
where
    A: Allowed,
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let principal = verified(parts, state).await?;
        principal.admit::<A>()?;
        Ok(Self { principal, allowed: PhantomData })
    }
}
