//! Requests of members who are logged in.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};

use crate::visit::{Visit, to_log_in};

/// A request of a member who is logged in. Everybody else is sent to the log-in, and from there back.
#[derive(Clone)]
pub(crate) struct LoggedIn(pub(crate) Visit);

impl<S: Send + Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        if visit.member().is_some() { Ok(Self(visit)) } else { Err(to_log_in(visit.asked())) }
    }
}
