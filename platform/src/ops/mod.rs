//! The routes for operators and the curious: probes, metrics, the API's description and the problem pages.

mod docs;
mod pages;
mod probes;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
pub use probes::Probes;

/// `/livez /readyz /metrics /openapi.json /docs /problems/{code}`; none of them asks for a token.
pub fn routes(probes: Probes, openapi_json: String) -> Router {
    Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(move || ready(probes.clone())))
        .route("/metrics", get(metrics))
        .route("/problems/{code}", get(pages::page))
        .merge(docs::routes(openapi_json))
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
    let mut text = crate::telemetry::metrics().render();
    if let Some(bytes) = resident_bytes() {
        text.push_str("# TYPE process_resident_memory_bytes gauge\n");
        text.push_str(&format!("process_resident_memory_bytes {bytes}\n"));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// The memory of this process; the kernel reports it in pages.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
