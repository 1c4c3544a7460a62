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
    assert!(!reply.text.contains(r#""persistAuthorization": true"#), "a browser keeps no token: {}", reply.text);
    let page = get_path(&app, "/problems/insufficient-funds").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text.contains("<h1>The account does not hold enough</h1>"), "{}", page.text);
    for path in ["/problems/no-such-code", "/problems/..%2f..%2fCargo", "/problems/README"] {
        assert_eq!(get_path(&app, path).await.code(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn every_page_says_what_a_browser_may_do() {
    let app = app(Probes::new());
    for (page, allowed) in [("/docs/", "script-src 'self';"), ("/problems/insufficient-funds", "style-src")] {
        let reply = get_path(&app, page).await;
        assert_eq!(reply.status, StatusCode::OK, "{page}");
        let policy = reply.header("content-security-policy").unwrap_or_else(|| panic!("{page}: no policy"));
        assert!(policy.starts_with("default-src 'none';") && policy.contains(allowed), "{page}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{page}: {policy}");
        // The policy holds because no page has a script of its own.
        assert!(!reply.text.contains("<script>") && !reply.text.contains("onload="), "{page}: {}", reply.text);
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

#[tokio::test]
async fn every_metric_says_what_it_means_and_the_process_and_the_build_are_among_them() {
    let app = app(Probes::new());
    get_path(&app, "/livez").await;
    let text = get_path(&app, "/metrics").await.text;
    let of = |mark: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(mark));
        lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
    };
    let described = of("# HELP ");
    for metric in of("# TYPE ") {
        assert!(described.contains(&metric), "{metric} has no help");
    }
    for metric in ["process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds", "process_max_fds"] {
        assert!(text.contains(&format!("\n{metric} ")), "{metric} is missing");
    }
    assert!(text.contains("jangbu_build_info{") && text.contains(r#"version="0."#), "{text}");
}
