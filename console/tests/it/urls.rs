//! Whatever is asked for, nothing breaks.

use reqwest::Method;

use crate::{
    app::App,
    bank::{ID, screens},
};

/// What may stand at the end of a path.
const PIECES: &[&str] = &[
    "",
    "..",
    "%2e%2e",
    "%2f",
    "%00",
    "%ff",
    "%",
    "%zz",
    "a%20b",
    "-1",
    "0",
    "99999999999999999999",
    "1e9",
    "null",
    "*",
    "'",
    "\"",
    "<",
    "한글",
    "%F0%9F%92%A9",
    ID,
    "?cursor=%ff",
    "?limit=x",
    "?a=1&a=2",
    "#x",
    ";",
    "$",
    "{id}",
    "//",
    "\\",
];

/// Paths that take something at their end.
const BASES: &[&str] = &[
    "/",
    "/accounts/",
    "/transfers/",
    "/members/",
    "/views/",
    "/log/positions/",
    "/log/streams/",
    "/live/accounts/",
    "/live/views/",
    "/live/payout-runs/",
    "/live/",
    "/processes/",
    "/payout-runs/",
    "/approvals/",
    "/holds/",
    "/webhooks/",
    "/partners/",
    "/operators/",
    "/health/",
    "/processes?state=",
    "/approvals?status=",
    "/audit?operator=",
    "/audit?from=",
    "/limits?account=",
    "/assets/",
    "/login/",
    "/problems/",
    "/find?q=",
    "/accounts?cursor=",
    "/accounts?owner=",
    "/log?cursor=",
    "/log?position=",
    "/log?stream=",
];

#[tokio::test]
async fn no_address_is_answered_with_500() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let long = format!("/find?q={}", "x".repeat(5000));
    let paths = BASES.iter().flat_map(|base| PIECES.iter().map(move |piece| format!("{base}{piece}")));
    for path in paths.chain([long, "/.well-known/x".to_owned(), "/favicon.ico".to_owned(), "/robots.txt".to_owned()]) {
        // Streams that would not end are asked for with HEAD.
        let method = if path.starts_with("/live/") { Method::HEAD } else { Method::GET };
        let Ok(request) = browser.request(method, &path).build() else { continue };
        let reply = browser.send(browser.request(request.method().clone(), &path)).await;
        assert!(reply.status < 500, "{path}: {} {}", reply.status, reply.text);
    }
    assert_eq!(browser.get("/nowhere").await.status, 404);
    assert!(browser.get("/nowhere").await.text.contains("<!doctype html>"), "a page, not JSON");
    assert_eq!(browser.get("/accounts/no-id").await.status, 400);
}

#[tokio::test]
async fn head_is_answered_as_get_and_options_says_what_there_is() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for path in screens().into_iter().chain(["/nowhere".to_owned()]) {
        let (get, head) = (browser.get(&path).await, browser.ask(Method::HEAD, &path).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
    let options = browser.ask(Method::OPTIONS, "/accounts").await;
    assert_eq!((options.status, options.header("allow")), (204, "GET,HEAD"));
    let refused = browser.ask(Method::DELETE, "/accounts").await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET,HEAD"));
    assert!(refused.text.contains("<!doctype html>"), "{}", refused.text);
}

#[tokio::test]
async fn probes_need_no_session_and_get_none() {
    let app = App::start().await;
    let mut browser = app.browser();
    for path in ["/livez", "/readyz", "/healthz", "/metrics"] {
        let reply = browser.get(path).await;
        assert_eq!((reply.status, reply.all("set-cookie").len()), (200, 0), "{path}");
    }
    assert!(browser.get("/metrics").await.text.contains("http_requests_total"));
}
