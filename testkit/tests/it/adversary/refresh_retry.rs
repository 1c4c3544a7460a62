//! A refresh whose answer was lost is sent again: the same request gets the same answer, and nothing else does.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use testkit::{chaos::Part, search::Words};

use crate::support::{
    ALL, Answer, TestApp, TestClient, eventually, fresh_key,
    people::{By, Insider, Newcomer},
};

/// Sends a refresh token, with a key or without one.
async fn refresh(anonymous: &TestClient, token: &str, key: Option<&str>) -> Answer {
    let url = format!("{}/v1/sessions/refresh", anonymous.command);
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    let body = json!({"refresh_token": token}).to_string().into_bytes();
    eventually("an answer to a refresh", async || {
        let answer = anonymous.send(reqwest::Method::POST, &url, &headers, Some(body.clone())).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.status == 503 { Err(answer.body.to_string()) } else { Ok(answer) }
    })
    .await
}

/// A member who is logged in, and a client without a token.
async fn somebody(app: &mut TestApp) -> (TestClient, Newcomer, Insider) {
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&anonymous, &app.catcher).await;
    (anonymous, person, insider)
}

fn is_in(client: &TestClient, answer: &Answer) -> TestClient {
    TestClient { token: answer.text("access_token"), ..client.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_gets_the_same_tokens_on_every_server_and_after_a_crash() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let (anonymous, _, insider) = somebody(&mut app).await;
    let other_door = app.client_with(1, anonymous.id, String::new());
    let key = fresh_key();
    let first = refresh(&anonymous, &insider.refresh_token, Some(&key)).await.expect(201);
    assert!(!first.replayed());
    for again in [&anonymous, &other_door, &anonymous] {
        let repeated = refresh(again, &insider.refresh_token, Some(&key)).await.expect(201);
        assert_eq!(repeated.body, first.body);
        assert!(repeated.replayed());
    }
    // The server dies after it wrote and before it answered; everything it remembers is lost too.
    app.bank.kill(Part::Command(0)).unwrap();
    app.bank.start(&[Part::Command(0)]).await.unwrap();
    let repeated = refresh(&anonymous, &insider.refresh_token, Some(&key)).await.expect(201);
    assert_eq!(repeated.body, first.body);
    // Neither token nor key is anywhere in the vault: what is kept there opens with both of them only.
    let words =
        Words::new([&first.text("refresh_token"), &first.text("access_token"), &insider.refresh_token]).unwrap();
    assert_eq!(words.in_database(&app.pair.vault.superuser_url()).unwrap().found, Vec::<String>::new());
    let next = refresh(&anonymous, &first.text("refresh_token"), Some(&fresh_key())).await.expect(201);
    is_in(&insider.client, &next).get("/v1/members/me").await.expect(200);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_with_one_key_are_one_refresh() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let (anonymous, _, insider) = somebody(&mut app).await;
    let clients = [anonymous.clone(), app.client_with(1, anonymous.id, String::new())];
    let key = fresh_key();
    let sent = (0..20).map(|number| refresh(&clients[number % 2], &insider.refresh_token, Some(&key)));
    let answers = join_all(sent).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert_eq!(answers.iter().filter(|answer| !answer.replayed()).count(), 1);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_other_reuse_ends_the_family() {
    let mut app = TestApp::start(&ALL).await;
    for (first_key, second_key) in
        [(None, None), (None, Some("k")), (Some("k"), None), (Some("k"), Some("K")), (Some("k"), Some("k-"))]
    {
        let (anonymous, _, insider) = somebody(&mut app).await;
        let first = refresh(&anonymous, &insider.refresh_token, first_key).await.expect(201);
        let reused = refresh(&anonymous, &insider.refresh_token, second_key).await;
        reused.expect_problem(401, "session-ended");
        refresh(&anonymous, &first.text("refresh_token"), None).await.expect_problem(401, "session-ended");
        // Nor does the key help any more, and the access tokens of the family are refused.
        refresh(&anonymous, &insider.refresh_token, first_key).await.expect_problem(401, "session-ended");
        let client = is_in(&insider.client, &first);
        client.post("/v1/accounts", json!({"asset": "KRW"})).await.expect_problem(401, "unauthorized");
    }
    let (anonymous, _, insider) = somebody(&mut app).await;
    let two = refresh(&anonymous, &insider.refresh_token, Some(&"k".repeat(256))).await;
    two.expect_problem(400, "idempotency-key-missing");
    refresh(&anonymous, &insider.refresh_token, Some("k")).await.expect(201);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_repeats_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, _, insider) = somebody(&mut app).await;
    let key = fresh_key();
    let first = refresh(&anonymous, &insider.refresh_token, Some(&key)).await.expect(201);
    let client = is_in(&insider.client, &first);
    Insider { client, refresh_token: String::new() }.log_out().await.expect(204);
    refresh(&anonymous, &insider.refresh_token, Some(&key)).await.expect_problem(401, "session-ended");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_grace_the_same_request_is_a_reuse() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_REFRESH_GRACE_SECONDS", "1")]).await;
    let (anonymous, _, insider) = somebody(&mut app).await;
    let key = fresh_key();
    let first = refresh(&anonymous, &insider.refresh_token, Some(&key)).await.expect(201);
    let mut vault = PgConnection::connect(&app.pair.vault.superuser_url()).await.unwrap();
    eventually("the grace is over", async || {
        let asked = sqlx::query_scalar("select count(*) from vault.refresh_answers where until > clock_timestamp()");
        let kept: i64 = asked.fetch_one(&mut vault).await.unwrap();
        if kept == 0 { Ok(()) } else { Err(format!("{kept} answers are kept")) }
    })
    .await;
    // The two clocks are those of one machine; what they read differs by the time between two looks.
    tokio::time::sleep(Duration::from_millis(50)).await;
    refresh(&anonymous, &insider.refresh_token, Some(&key)).await.expect_problem(401, "session-ended");
    refresh(&anonymous, &first.text("refresh_token"), None).await.expect_problem(401, "session-ended");
    app.close().await;
}
