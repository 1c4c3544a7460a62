//! Query parameters.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The parameters after the `?`. Unknown ones are refused by types that say `deny_unknown_fields`, doubled ones
/// always.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|rejection| explain(&rejection.body_text()))
    }
}

/// The rejection reads `Failed to deserialize query string: FIELD: MESSAGE`, without the field if it is none's.
fn explain(text: &str) -> Problem {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    match text.split_once(": ") {
        Some((field, message)) if field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            Problem::invalid(field, message)
        }
        _ => Problem::invalid("query", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_separated_from_the_message() {
        let field_and_message = |text| {
            let problem = explain(text);
            let error = problem.inner().errors[0].clone();
            (error.field, error.message)
        };
        let at_field = field_and_message("Failed to deserialize query string: limit: invalid digit found in string");
        assert_eq!(at_field, ("limit".into(), "invalid digit found in string".into()));
        let elsewhere = field_and_message("Failed to deserialize query string: unknown field `x`, expected `limit`");
        assert_eq!(elsewhere, ("query".into(), "unknown field `x`, expected `limit`".into()));
    }
}
