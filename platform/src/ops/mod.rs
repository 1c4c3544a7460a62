//! The routes for operators and the curious: probes, metrics, the API's description and the problem pages.

mod docs;
mod pages;
mod policy;
mod probes;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
pub(crate) use pages::example as problem_example;
pub use probes::Probes;

use self::policy::with_policy;

/// `/livez /readyz /metrics /openapi.json /docs /problems/{code}`; none of them asks for a token.
pub fn routes(probes: Probes, openapi_json: String) -> Router {
    probe_routes(probes)
        .route(
            "/problems/{code}",
            get(pages::page).layer(map_response(|page: Response| with_policy(page, pages::POLICY))),
        )
        .merge(docs::routes(openapi_json))
}

/// `/livez /readyz /metrics` alone, for a server that has no API.
pub fn probe_routes(probes: Probes) -> Router {
    Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(move || ready(probes.clone())))
        .route("/metrics", get(metrics))
}

/// The process runs and answers: no more is asked, because a restart would fix no more.
async fn alive() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], r#"{"status":"alive"}"#)
}

async fn ready(probes: Probes) -> impl IntoResponse {
    let report = probes.ask().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, axum::Json(report.to_json())).into_response();
    if !report.ready {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn metrics() -> impl IntoResponse {
    let handle = crate::telemetry::metrics();
    crate::telemetry::collect_process_metrics();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}
