//! Path parameters.

use axum::{
    extract::{FromRequestParts, path::ErrorKind, rejection::PathRejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The parameters in a path.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(rejection)) => Err(explain(rejection.into_kind())),
            Err(other) => Err(Problem::internal(other)),
        }
    }
}

fn explain(kind: ErrorKind) -> Problem {
    match kind {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            Problem::invalid(key, format!("expected {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => Problem::invalid(key, message),
        ErrorKind::InvalidUtf8InPathParam { key } => Problem::invalid(key, "not UTF-8"),
        ErrorKind::ParseError { expected_type, .. } => Problem::invalid("path", format!("expected {expected_type}")),
        ErrorKind::Message(message) => Problem::invalid("path", message),
        other => Problem::internal(other),
    }
}
