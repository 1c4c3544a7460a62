//! The operator who changes a view: who they are, in which session, and where.

use std::net::IpAddr;

use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::Actor;
use platform::{
    auth::{Admitted, Principal},
    http,
    problem::Problem,
};
use projection_engine::Origin;
use uuid::Uuid;

use super::{
    key,
    state::{ViewOperators, ViewsApi},
};

/// An operator who may change views. A handler that takes it answers 401 without a token that holds, and 403 to everybody else.
#[derive(Clone, Debug)]
pub(crate) struct Acting {
    /// Who.
    pub(super) actor: Actor,
    /// Their session; none with a token that was made with the signing key.
    pub(super) session: Option<Uuid>,
    /// Where they are.
    pub(super) address: IpAddr,
    /// The key of the request, if it has one.
    pub(super) key: Option<String>,
}

impl Acting {
    /// As the audit of the views keeps it.
    pub(super) fn origin(&self) -> Origin {
        let Self { actor, session, address, key } = self;
        let (operator, address) = (Some(actor.id.uuid()), Some(address.to_string()));
        Origin { operator, session: *session, address, key: key.clone() }
    }
}

impl FromRequestParts<ViewsApi> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &ViewsApi) -> Result<Self, Problem> {
        let admitted = Admitted::<ViewOperators>::from_request_parts(parts, api).await?;
        let Principal { actor, session, .. } = admitted.principal;
        let http::Origin(address) = http::Origin::from_request_parts(parts, api).await?;
        let key = key::of(&parts.headers)?;
        Ok(Self { actor, session, address, key })
    }
}
