//! Servers that are away, and servers that are older than the console.

use crate::{app::App, bank::ID};

#[tokio::test]
async fn what_a_server_does_not_offer_yet_is_said_in_its_place() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let account = format!("/v1/accounts/{ID}");
    for path in [
        "/v1/find",
        "/v1/log",
        "/v1/members",
        "/v1/dashboard/refusals",
        "/v1/views/balances/rebuild",
        "/v1/views/balances/parked",
    ] {
        app.stub.forgets(&format!("GET {path}"));
    }
    app.stub.forgets(&format!("GET {account}/history"));
    let said = "The server does not offer this yet.";
    for path in ["/find?q=x", "/log", "/members", "/views/balances", &format!("/accounts/{ID}")] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.text.contains(said), "{path}: {}", reply.text);
    }
    let overview = browser.get("/").await;
    assert!(!overview.text.contains(said), "the refusals of the overview stand in");
}

#[tokio::test]
async fn a_server_that_is_away_takes_its_part_of_a_page_with_it() {
    let app = App::start_with(&["--projector-url=http://127.0.0.1:1"]).await;
    let mut browser = app.signed_in("admin").await;
    let view = browser.get("/views/balances").await;
    assert_eq!(view.status, 200);
    assert!(view.text.contains("The projector does not answer."), "{}", view.text);
    let audit = browser.get("/audit").await;
    assert_eq!(audit.status, 200);
    assert!(audit.text.contains("The projector does not answer."), "{}", audit.text);
    assert!(audit.text.contains("href=\"/log/positions/7\""), "the rest stands: {}", audit.text);
    let health = browser.get("/health").await;
    assert!(health.status == 200 && health.text.contains("does not answer"), "{}", health.text);
}

#[tokio::test]
async fn without_the_query_server_a_page_says_so() {
    let app = App::start_with(&["--query-url=http://127.0.0.1:1"]).await;
    let mut browser = app.signed_in("admin").await;
    for (path, status) in
        [("/", 200), ("/views", 200), ("/find?q=x", 200), ("/accounts", 200), ("/log/positions/7", 502)]
    {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(
            reply.text.contains("does not answer") && reply.text.contains("<!doctype html>"),
            "{path}: {}",
            reply.text
        );
    }
}

#[tokio::test]
async fn an_empty_bank_has_pages_that_say_so() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let none = serde_json::json!({"items": [], "next_cursor": null});
    for path in ["/v1/accounts", "/v1/members", "/v1/log", "/v1/transfers"] {
        app.stub.answers(&format!("GET {path}"), 200, none.clone());
    }
    app.stub.answers("GET /v1/find", 200, serde_json::json!({"items": [], "not_searched": []}));
    app.stub.answers("GET /v1/views", 200, serde_json::json!([]));
    for path in ["/accounts", "/members", "/find?q=x", "/log", "/transfers?reference=x", "/views"] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.text.contains("class=\"empty\""), "{path}: {}", reply.text);
    }
}
