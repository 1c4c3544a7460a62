//! The operator's routes.

use axum::{Router, http::StatusCode};
use platform::{
    http::{HttpOptions, service},
    ops::{Probes, routes},
};

use crate::support::get_path;

fn app(probes: Probes) -> Router {
    service(routes(probes, r#"{"openapi":"3.1.0"}"#.to_owned()), HttpOptions::default())
}

#[tokio::test]
async fn alive_whatever_the_checks_say_and_ready_only_if_all_do() {
    let probes = Probes::new();
    probes.register("log", || async { Err("connection to 10.0.0.1 refused".to_owned()) });
    let app = app(probes);
    assert_eq!(get_path(&app, "/livez").await.status, StatusCode::OK);
    let reply = get_path(&app, "/readyz").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["checks"]["log"], "failing");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(!reply.text.contains("10.0.0.1"), "where the stores are is nobody's business");
}

#[tokio::test]
async fn draining_is_not_ready() {
    let probes = Probes::new();
    let app = app(probes.clone());
    assert_eq!(get_path(&app, "/readyz").await.status, StatusCode::OK);
    probes.set_draining();
    let reply = get_path(&app, "/readyz").await;
    assert_eq!((reply.status, reply.json()["status"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("draining")));
}

#[tokio::test]
async fn the_description_its_pages_and_the_problem_pages_are_served() {
    let app = app(Probes::new());
    let reply = get_path(&app, "/openapi.json").await;
    assert_eq!(
        (reply.header("content-type"), reply.text.as_str()),
        (Some("application/json"), r#"{"openapi":"3.1.0"}"#)
    );
    let redirected = get_path(&app, "/docs").await;
    assert_eq!((redirected.status, redirected.header("location")), (StatusCode::SEE_OTHER, Some("/docs/")));
    assert!(get_path(&app, "/docs/").await.text.contains("swagger-ui"));
    let reply = get_path(&app, "/docs/swagger-initializer.js").await;
    assert!(reply.text.contains("/openapi.json"), "{}", reply.text);
    let page = get_path(&app, "/problems/insufficient-funds").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text.contains("<h1>The account does not hold enough</h1>"), "{}", page.text);
    for path in ["/problems/no-such-code", "/problems/..%2f..%2fCargo", "/problems/README"] {
        assert_eq!(get_path(&app, path).await.code(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_not_by_address() {
    let app = app(Probes::new());
    get_path(&app, "/livez").await;
    for made_up in ["/wp-admin", "/.env", "/a?b=c"] {
        get_path(&app, made_up).await;
    }
    let text = get_path(&app, "/metrics").await.text;
    assert!(text.contains(r#"http_requests_total{method="GET",route="/livez",status="200"}"#), "{text}");
    assert!(text.contains(r#"http_requests_total{method="*",route="unmatched",status="404"}"#), "{text}");
    assert!(text.contains("http_request_duration_seconds_bucket"), "{text}");
    assert!(text.contains("process_resident_memory_bytes"));
    assert!(!text.contains("wp-admin"), "addresses clients make up are no series");
}
