//! The log's database is away.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test]
async fn a_server_without_a_log_is_alive_and_says_that_it_is_not_ready() {
    let app = TestApp::without_database();
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    let server = app.server_on(nowhere, nowhere, &[]).await;
    assert_eq!(server.get("/livez").await.status(), 200);
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status(), 503);
    let report: Value = answer.json().await.expect("JSON");
    // Refused at once or tried until the time was over; both are not ready.
    assert!(matches!(report["checks"]["log"].as_str(), Some("failing" | "timeout")), "{report}");
    assert_eq!(report["checks"]["executor"], "failing");
    let body = json!({"asset": "KRW"});
    let answer = server.command("member", Uuid::nil(), "k", "/v1/accounts", &body).send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(answer.json::<Value>().await.expect("JSON")["code"], "log-unavailable");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_came_before_its_log_becomes_ready_with_it() {
    let app = TestApp::without_database();
    let server = app.server().await;
    assert_eq!(server.get("/readyz").await.status(), 503);
    app.create_database().await;
    server.ready().await;
    server.open(Uuid::from_u128(1)).await;
    server.stop().await;
    app.end().await;
}
