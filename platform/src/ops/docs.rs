//! The API's description, for programs and for people.

use axum::{Router, http::header, middleware::map_response, response::Response, routing::get};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::policy::with_policy;

/// What the pages may do: their own scripts and styles, and calls to this server. The viewer writes style attributes and shows
/// images that are in its styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json`, and `/docs` that shows it. Everything is in the binary: no browser is sent to another host, and none keeps the
/// token that was typed in.
pub(super) fn routes(openapi_json: String) -> Router {
    let json: &'static str = openapi_json.leak();
    let config = Config::from("/openapi.json").validator_url("none").persist_authorization(false);
    Router::new()
        .route("/openapi.json", get(move || async move { ([(header::CONTENT_TYPE, "application/json")], json) }))
        .merge(SwaggerUi::new("/docs").config(config))
        .layer(map_response(|response: Response| with_policy(response, POLICY)))
}
