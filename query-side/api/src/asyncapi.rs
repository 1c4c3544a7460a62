//! The description of the public events, beside that of the routes.

use axum::{
    Router,
    http::{HeaderName, header},
    routing::get,
};

use crate::state::Api;

/// What `event-publisher --asyncapi` printed: this server tells no events, and knows nothing of how they are made.
const DOCUMENT: &str = include_str!("../../../docs/asyncapi.json");

/// `/asyncapi.json`; for everybody, as `/openapi.json`.
pub fn routes() -> Router<Api> {
    Router::new().route("/asyncapi.json", get(document))
}

async fn document() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
