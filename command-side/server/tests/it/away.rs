//! The log's database is away.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
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
    // Ready is what the last look says. A connection that is tried anew meanwhile may still be on its way: who asks sends again.
    let opened = async {
        let body = json!({"asset": "KRW"});
        loop {
            let asked = server.command("member", Uuid::from_u128(1), "k", "/v1/accounts", &body).send().await;
            match asked.expect("an answer").status().as_u16() {
                201 => break,
                503 => sleep(Duration::from_millis(100)).await,
                status => panic!("answered with {status}"),
            }
        }
    };
    timeout(Duration::from_secs(5), opened).await.expect("the log is used soon after");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_log_that_takes_no_appends_makes_the_server_not_ready_until_it_does() {
    let app = TestApp::new().await;
    let server = app.server().await;
    server.ready().await;
    server.open(Uuid::from_u128(1)).await;
    // As on a full disk: every read is answered, and no row is taken.
    app.execute_in_log(
        "create function full_disk() returns trigger language plpgsql as $$
         begin raise exception using errcode = 'disk_full', message = 'could not extend file: No space left on device'; end $$;
         create trigger full_disk before insert on log_commits execute function full_disk()",
    )
    .await;
    let body = json!({"asset": "KRW"});
    let answer =
        server.command("member", Uuid::from_u128(1), "k", "/v1/accounts", &body).send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    server.until_report(503, "appends", "failing").await;
    app.execute_in_log("drop trigger full_disk on log_commits").await;
    // Nobody has to try: the probe does.
    server.until_report(200, "appends", "ok").await;
    let before = app.commits().await.len();
    server.open(Uuid::from_u128(1)).await;
    assert_eq!(app.commits().await.len(), before + 1, "what was tried left nothing");
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_server_whose_key_encryption_key_opens_nothing_is_not_ready() {
    let app = TestApp::new().await;
    let server = app.server().await;
    server.ready_for_people().await;
    server.until_report(200, "key-encryption key", "ok").await;
    app.execute_in_vault(
        "insert into vault.data_keys (member_id, kek, wrapped)
         values ('00000000-0000-7000-8000-000000000001', 'of another file', 'w')",
    )
    .await;
    server.until_report(503, "key-encryption key", "failing").await;
    app.execute_in_vault("delete from vault.data_keys").await;
    server.until_report(200, "key-encryption key", "ok").await;
    server.stop().await;
    app.end().await;
}
