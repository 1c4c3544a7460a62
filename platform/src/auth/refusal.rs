//! What a request with a token that is not taken is answered.

use std::time::Duration;

use axum::http::HeaderValue;

use super::token_error::TokenError;
use crate::problem::{Code, Problem};

/// The token in an `Authorization` header.
pub(super) fn bearer_in(header: &HeaderValue) -> Result<&str, Problem> {
    let value = header.to_str().map_err(|_| refused())?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(refused()),
    }
}

/// The problem of a token that is not taken, and why.
pub(super) fn problem_of(error: TokenError) -> Problem {
    match error {
        TokenError::Unsure => Problem::new(Code::VaultUnavailable)
            .detail("it cannot be told now whether your session has ended; nothing was done")
            .retry_after(Duration::from_secs(1))
            .cause(error),
        _ => refused().cause(error),
    }
}

/// The problem of a token that was sent and does not hold, or holds no more.
pub fn refused() -> Problem {
    Problem::new(Code::Unauthorized).detail("the token does not hold").token_refused()
}
