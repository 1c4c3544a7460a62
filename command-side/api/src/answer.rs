//! What every answer has: JSON, and the headers of what was written.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{CommandId, ConsistencyToken};
use platform::{http::Recorded, problem::Problem};
use serde::Serialize;

const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A body, as JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
        }
        Err(error) => Problem::internal(error).into_response(),
    }
}

fn token(token: ConsistencyToken) -> HeaderValue {
    // Base64 is always a header value.
    HeaderValue::try_from(token.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// With the headers of what was written for this command.
pub(crate) fn signed(mut response: Response, id: CommandId, at: ConsistencyToken, replayed: bool) -> Response {
    response.extensions_mut().insert(Recorded { id: id.uuid(), before: replayed });
    response.headers_mut().insert(CONSISTENCY_TOKEN, token(at));
    if replayed {
        mark_replayed(&mut response);
    }
    response
}

/// With a token, if there is one to give.
pub(crate) fn with_token(mut response: Response, seen: Option<ConsistencyToken>) -> Response {
    if let Some(seen) = seen {
        response.headers_mut().insert(CONSISTENCY_TOKEN, token(seen));
    }
    response
}

/// Marks the answer as one that was given before.
pub(crate) fn mark_replayed(response: &mut Response) {
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
}
