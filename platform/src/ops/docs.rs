//! The API's description, for programs and for people.

use axum::{Router, http::header, routing::get};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// `/openapi.json`, and `/docs` that shows it. Everything is in the binary: no browser is sent to another host.
pub(super) fn routes(openapi_json: String) -> Router {
    let json: &'static str = openapi_json.leak();
    let config = Config::from("/openapi.json").validator_url("none").persist_authorization(true);
    Router::new()
        .route("/openapi.json", get(move || async move { ([(header::CONTENT_TYPE, "application/json")], json) }))
        .merge(SwaggerUi::new("/docs").config(config))
}
