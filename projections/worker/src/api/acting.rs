//! The operator who changes a view: who they are, in which session, and where.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use kernel::Actor;
use platform::{
    auth::{Admitted, Principal},
    http,
    problem::Problem,
};
use projection_engine::Origin;
use uuid::Uuid;

use super::state::{ViewOperators, ViewsApi};

/// Under which key a request is one and the same, however often it is sent.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// As long as a key of a command may be.
const LONGEST_KEY: usize = 255;

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
        let key = key_of(&parts.headers)?;
        Ok(Self { actor, session, address, key })
    }
}

/// The key of a request: the header is left out, or it is right.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let key = first.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let key = key.filter(|key| given.next().is_none() && key.bytes().all(|byte| byte.is_ascii_graphic()));
    let wrong = || Problem::invalid("Idempotency-Key", format!("one, of 1 to {LONGEST_KEY} visible ASCII characters"));
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(given: &[&'static str]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for key in given {
            headers.append(IDEMPOTENCY_KEY, key.parse().expect("a value"));
        }
        key_of(&headers)
    }

    #[test]
    fn a_key_is_left_out_or_right() {
        assert_eq!(key(&[]).expect("none"), None);
        assert_eq!(key(&["0198-a"]).expect("a key").as_deref(), Some("0198-a"));
        for wrong in [&[""][..], &["a b"], &["a", "a"]] {
            assert!(key(wrong).is_err(), "{wrong:?}");
        }
    }
}
